import fc from "fast-check";
import { expect } from "vitest";
import { execute } from "../../src/engine/pipeline.ts";
import { NOTHING, type Selection } from "../../src/engine/selection.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { existing, notificationRoutes, type Route } from "../../src/index.ts";
import { textOf, type JsonObject } from "../../src/util/json.ts";
import { place } from "../engine/support.ts";
import { goalFor, planFor, workspaceOf } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { EDITABLE, theirTree, tree } from "./support.ts";

const PROJECTS = 3;
const EVERYTHING: Selection = { all: true, addresses: new Set() };

const index = fc.nat({ max: 9 });

/** The routes of a project: values of a label, each at most once, with one of several intervals. */
const routes = fc.uniqueArray(fc.tuple(fc.nat({ max: 4 }), fc.constantFrom("1h", "2h", "3h")), {
  selector: ([value]) => value,
  maxLength: 4,
});
const code = fc.record({ routes, order: fc.integer({ min: -1, max: 2 }) });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("apply"),
      who: fc.nat({ max: PROJECTS - 1 }),
      code,
      overwrites: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("kill"),
      who: fc.nat({ max: PROJECTS - 1 }),
      code,
      writes: fc.nat({ max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("together"), codes: fc.tuple(code, code, code) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("add"), at: index }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("edit"), at: index }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("move"), at: index, to: index }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("remove"), at: index }) },
);

/** What projects and users do, one after the other. */
export const steps = fc.array(step, { minLength: 3, maxLength: 7 });

type Code = typeof code extends fc.Arbitrary<infer Value> ? Value : never;
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Project {
  readonly name: string;
  readonly context: KindContext;
  /** A context whose requests fail after this number of writes. */
  killed(writes: number): Promise<KindContext>;
}

/** The projects, and users of Grafana's UI, edit one tree at random. */
export class Scene {
  readonly #grafana: TestGrafana;
  readonly #projects: readonly Project[];
  #added = 0;

  static async start(grafana: TestGrafana, run: number): Promise<Scene> {
    await theirTree(grafana, { receiver: "empty" }, EDITABLE);
    const names = Array.from({ length: PROJECTS }, (_none, who) => grafana.name(`p${who}c${run}`));
    return new Scene(grafana, await Promise.all(names.map((name) => projectOf(grafana, name))));
  }

  constructor(grafana: TestGrafana, projects: readonly Project[]) {
    this.#grafana = grafana;
    this.#projects = projects;
  }

  async routes(): Promise<JsonObject[]> {
    return ((await tree(this.#grafana))["routes"] ?? []) as JsonObject[];
  }

  async run(step: Step): Promise<void> {
    switch (step.type) {
      case "apply":
        return this.#apply(this.#project(step.who), step.code, step.overwrites);
      case "kill":
        return this.#kill(this.#project(step.who), step.code, step.writes);
      case "together":
        return this.#together(step.codes);
      default: {
        const all = await this.routes();
        await theirTree(this.#grafana, { receiver: "empty", routes: this.#edited(all, step) }, EDITABLE);
      }
    }
  }

  #project(who: number): Project {
    const project = this.#projects[who];
    if (!project) throw new Error("no such project");
    return project;
  }

  #edited(all: readonly JsonObject[], step: Exclude<Step, { type: "apply" | "kill" | "together" }>): JsonObject[] {
    if (step.type === "add") {
      const added = { receiver: "empty", object_matchers: [["team", "=", `human-${this.#added++}`]] };
      return all.toSpliced(step.at % (all.length + 1), 0, added);
    }
    if (all.length === 0) return [];
    const at = step.at % all.length;
    const [one = {}] = all.slice(at, at + 1);
    if (step.type === "edit") return all.with(at, { ...one, group_wait: `${(this.#added++ % 50) + 1}s` });
    const rest = all.toSpliced(at, 1);
    return step.type === "remove" ? rest : rest.toSpliced(step.to % all.length, 0, one);
  }

  async #apply(project: Project, wanted: Code, overwrites: boolean): Promise<void> {
    const others = await this.#others([project]);
    const consent = overwrites ? EVERYTHING : NOTHING;
    const outcomes = await this.#execute(project, project.context, wanted, consent);
    same(
      outcomes.map(({ status }) => status).filter((status) => status !== "done"),
      [],
    );
    same(await this.#others([project]), others);
    await this.#isApplied(project, wanted, overwrites);
  }

  /** A run that ends before one of its writes, as if its process was killed. */
  async #kill(project: Project, wanted: Code, writes: number): Promise<void> {
    const others = await this.#others([project]);
    await this.#execute(project, await project.killed(writes), wanted, EVERYTHING).catch(() => undefined);
    same(await this.#others([project]), others);
    await this.#apply(project, wanted, true);
  }

  async #together(codes: readonly Code[]): Promise<void> {
    const others = await this.#others(this.#projects);
    const all = this.#projects.map((project, who) => ({ project, wanted: codes[who] ?? { routes: [], order: 0 } }));
    const ended = await Promise.all(
      all.map(({ project, wanted }) => this.#execute(project, project.context, wanted, EVERYTHING)),
    );
    same(
      ended
        .flat()
        .map(({ status }) => status)
        .filter((status) => status !== "done"),
      [],
    );
    same(await this.#others(this.#projects), others);
    for (const { project, wanted } of all) if (wanted.routes.length > 0) await this.#hasRoutes(project, wanted);
  }

  /** All routes that don't belong to these projects, in order. */
  async #others(projects: readonly Project[]): Promise<JsonObject[]> {
    return (await this.routes()).filter((route) => !projects.some((project) => isOf(project, route)));
  }

  async #execute(project: Project, context: KindContext, wanted: Code, overwriteDrift: Selection) {
    const { outcomes } = await execute(workspaceOf(context), {
      goal: goalFor(context.owner, resourcesOf(project, wanted), { prune: true }),
      consent: { adopt: NOTHING, overwriteDrift },
      concurrency: 8,
      emit: () => {},
      lookUpDelay: 1,
    });
    return outcomes;
  }

  async #isApplied(project: Project, wanted: Code, overwrites: boolean): Promise<void> {
    const { plan } = await planFor(project.context, resourcesOf(project, wanted), { prune: true });
    // A deletion of edited routes is requested by name.
    const rest =
      overwrites && wanted.routes.length > 0
        ? plan.changes
        : plan.changes.filter(({ left }) => left?.reason !== "drift");
    same(rest, []);
    if (plan.changes.length === 0) await this.#hasRoutes(project, wanted);
  }

  async #hasRoutes(project: Project, wanted: Code): Promise<void> {
    const own = (await this.routes()).filter((route) => isOf(project, route));
    same(
      own,
      routesOf(project, wanted).map((route) => ({ ...route, receiver: "empty" })),
    );
  }
}

function isOf(project: Project, { object_matchers: matchers }: JsonObject): boolean {
  const [[, , value] = []] = (matchers ?? []) as string[][];
  return textOf(value).startsWith(`${project.name}:`);
}

function routesOf({ name }: Project, { routes }: Code): Route[] {
  return routes.map(([value, interval]) => ({
    receiver: existing.contactPoint("empty"),
    object_matchers: [["team", "=", `${name}:${value}`]],
    repeat_interval: interval,
  }));
}

function resourcesOf(project: Project, wanted: Code): { kind: string }[] {
  const own = routesOf(project, wanted);
  const home = place(project.name);
  return own.length === 0 ? [home] : [home, notificationRoutes({ order: wanted.order, routes: own })];
}

async function projectOf(grafana: TestGrafana, name: string): Promise<Project> {
  return {
    name,
    context: await grafana.context(name),
    killed(writes) {
      let left = writes;
      return grafana.context(name, {
        onRequest({ method }) {
          if (method !== "GET" && left-- <= 0) throw new Error("killed");
        },
      });
    },
  };
}

function same(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected);
}
