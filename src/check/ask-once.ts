import type { Backend, KnownSource } from "./model.ts";

/** Reads an endpoint of a datasource's own API. */
export type Ask = (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;

/** Asks a datasource each question once. An answer, also a failure, is kept. */
export function askOnce(backend: Pick<Backend, "read">, source: KnownSource): Ask {
  const answers = new Map<string, Promise<unknown>>();
  return (path, parameters) => {
    const key = JSON.stringify([path, parameters]);
    const known = answers.get(key) ?? backend.read(source, path, parameters);
    answers.set(key, known);
    return known;
  };
}
