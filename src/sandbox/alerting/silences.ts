import { randomUUID } from "node:crypto";
import { matchesWhole } from "../../util/re2.ts";
import type { Routes, SandboxContext } from "../context.ts";
import { legacyError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import { readObject, reply } from "../http.ts";
import { isObject, text, type JsonObject } from "../json.ts";
import { byText } from "./names.ts";
import { publicError } from "./public-error.ts";

const base = "/api/alertmanager/grafana/api/v2";

/** A silence without its state, which depends on the time. */
interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly updatedAt: string;
}

interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** The silences of Grafana's Alertmanager. */
export class Silences {
  readonly #files: JsonFiles;
  readonly #all = new Map<string, Silence>();

  constructor(context: SandboxContext) {
    this.#files = context.files("silences");
  }

  async load(): Promise<void> {
    for await (const { value } of this.#files.load()) {
      const silence = value as unknown as Silence;
      this.#all.set(silence.id, silence);
    }
  }

  all(): Silence[] {
    return [...this.#all.values()];
  }

  get(id: string): Silence | undefined {
    return this.#all.get(id);
  }

  async store(silence: Silence): Promise<void> {
    this.#all.set(silence.id, silence);
    await this.#files.write(silence.id, JSON.stringify(silence));
  }
}

export async function openSilences(context: SandboxContext): Promise<Silences> {
  const silences = new Silences(context);
  await silences.load();
  return silences;
}

/** Silences, and the alerts of Grafana's Alertmanager. Nothing is evaluated, so there are none. */
export function silenceRoutes(silences: Silences): Routes {
  const find = (id: string): Silence => {
    const found = silences.get(id);
    if (found === undefined) throw publicError(404, `${errorId}.notFound`, `silence ${id} not found`);
    return found;
  };
  return (app) => {
    app.get(`${base}/alerts`, () => reply(200, []));
    app.get(`${base}/silences`, () => reply(200, sorted(silences.all().map((one) => silenceForm(one)))));
    app.get(`${base}/silence/:id`, (c) => reply(200, silenceForm(find(c.req.param("id")))));
    app.post(`${base}/silences`, async (c) => {
      const silence = readSilence(await readObject(c));
      await silences.store(silence);
      return reply(202, { silenceID: silence.id });
    });
    app.delete(`${base}/silence/:id`, async (c) => {
      const found = find(c.req.param("id"));
      const now = new Date().toISOString();
      if (found.endsAt > now) await silences.store({ ...found, endsAt: now, updatedAt: now });
      return reply(200, { message: "silence deleted" });
    });
  };
}

const errorId = "alerting.notifications.silences";

function readSilence(body: JsonObject): Silence {
  const { matchers, startsAt, endsAt, createdBy, comment } = body;
  const incomplete = (problem: string) => legacyError(400, `silence failed validation: ${problem}`);
  const invalid = (problem: string) => publicError(400, `${errorId}.badRequest`, `invalid silence: ${problem}`);
  if (!Array.isArray(matchers) || matchers.length === 0)
    throw incomplete("matchers in body should have at least 1 items");
  for (const [name, value] of Object.entries({ createdBy, comment }))
    if (typeof value !== "string") throw incomplete(`${name} in body is required`);
  const [start, end] = [Date.parse(text(startsAt)), Date.parse(text(endsAt))];
  if (!(start < end)) throw invalid("start time must be before end time");
  if (end < Date.now()) throw invalid("end time can't be in the past");
  const read = matchers.filter(isObject).map((one): Matcher => ({
    name: text(one["name"]),
    value: text(one["value"]),
    isRegex: one["isRegex"] === true,
    isEqual: one["isEqual"] !== false,
  }));
  for (const { name, isRegex, value } of read) {
    if (name === "") throw invalid('invalid label name ""');
    if (isRegex && matchesWhole(value, "") === undefined) throw invalid("invalid regular expression");
  }
  if (read.every(matchesEmpty)) throw invalid("at least one matcher must not match the empty string");
  const now = new Date().toISOString();
  return {
    id: randomUUID(),
    matchers: read,
    startsAt: new Date(Math.max(start, Date.parse(now))).toISOString(),
    endsAt: new Date(end).toISOString(),
    createdBy: text(createdBy),
    comment: text(comment),
    updatedAt: now,
  };
}

function matchesEmpty({ value, isRegex, isEqual }: Matcher): boolean {
  const isMatch = isRegex ? matchesWhole(value, "") === true : value === "";
  return isMatch === isEqual;
}

function stateOf({ startsAt, endsAt }: Silence, now: string): "active" | "pending" | "expired" {
  if (endsAt <= now) return "expired";
  return startsAt > now ? "pending" : "active";
}

function silenceForm(silence: Silence): JsonObject {
  const { id, updatedAt, comment, createdBy, startsAt, endsAt, matchers } = silence;
  const state = stateOf(silence, new Date().toISOString());
  const forms = matchers.map(({ isEqual, isRegex, name, value }) => ({ isEqual, isRegex, name, value }));
  return { id, status: { state }, updatedAt, comment, createdBy, endsAt, matchers: forms, startsAt };
}

const states = ["active", "pending", "expired"];

/** In Alertmanager's order: those that end or begin first, and of expired ones the last. */
function sorted(all: readonly JsonObject[]): JsonObject[] {
  const state = ({ status }: JsonObject): string => (isObject(status) ? text(status["state"]) : "");
  return all.toSorted((a, b) => {
    const byState = states.indexOf(state(a)) - states.indexOf(state(b));
    const field = state(a) === "pending" ? "startsAt" : "endsAt";
    const byTime = byText(text(a[field]), text(b[field]));
    return byState || (state(a) === "expired" ? -byTime : byTime);
  });
}
