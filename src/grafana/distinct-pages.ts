import { repeatedPage } from "./errors.ts";

/** Returns a check that throws `NotGrafana` if a page of a list is read twice. `page`: a continue token, or the first uid. */
export function distinctPages(request: { readonly method: string; readonly path: string }) {
  const seen = new Set<string>();
  return (page: string | undefined): void => {
    if (page === undefined) return;
    if (seen.has(page)) throw repeatedPage(request);
    seen.add(page);
  };
}
