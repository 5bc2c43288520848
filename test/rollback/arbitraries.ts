import fc from "fast-check";
import { clearSecrets } from "../../src/kinds/alerting/integration-secrets.ts";
import { dashboard, datasource, env, folder, secret, type Folder } from "../../src/index.ts";
import { build, setUp, type SetUp, type Surroundings } from "../alerting/arbitraries.ts";
import { panel } from "../engine/support.ts";

// Sketches of whole projects as plain data. `codeOf` makes resources of them.

/** A tree of three folders, each of which can be in a previous one. */
interface FolderSketch {
  readonly title: string;
  readonly description: string | undefined;
  readonly inside: number | undefined;
}

interface BoardSketch {
  readonly title: string;
  readonly exprs: readonly string[];
  readonly tags: readonly string[];
  readonly inside: number | undefined;
  readonly schemaVersion: 39 | 42;
}

interface SourceSketch {
  readonly url: string;
  readonly httpMethod: "GET" | "POST" | undefined;
  readonly secrets: readonly ("SECRET_A" | "SECRET_B" | undefined)[];
}

export interface State {
  readonly folders: readonly (FolderSketch | undefined)[];
  readonly boards: readonly (BoardSketch | undefined)[];
  readonly sources: readonly (SourceSketch | undefined)[];
  /** The position of the default datasource. */
  readonly first: number | undefined;
  readonly alerting: SetUp;
}

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 3 });
const words = fc.constantFrom("one", "two", "drei", "ü ✓", "50%");
const folders = fc.tuple(
  ...[0, 1, 2].map((place) =>
    maybe(
      fc.record<FolderSketch>({
        title: words,
        description: maybe(words),
        inside: place === 0 ? fc.constant(undefined) : maybe(fc.nat(place - 1)),
      }),
    ),
  ),
);
const board = fc.record<BoardSketch>({
  title: words,
  exprs: fc.array(fc.constantFrom("up", "rate(x[5m])", "sum(y)"), { maxLength: 3 }),
  tags: fc.uniqueArray(words, { maxLength: 2 }),
  inside: maybe(fc.nat(2)),
  schemaVersion: fc.constantFrom(39, 42),
});
const source = fc.record<SourceSketch>({
  url: fc.constantFrom("http://one:9090", "http://two:9090"),
  httpMethod: fc.constantFrom("GET", "POST", undefined),
  secrets: fc.tuple(
    fc.constantFrom("SECRET_A", "SECRET_B", undefined),
    fc.constantFrom("SECRET_A", "SECRET_B", undefined),
  ),
});
export const state = (real: boolean): fc.Arbitrary<State> =>
  fc.record<State>({
    folders,
    boards: fc.tuple(maybe(board), maybe(board), maybe(board)),
    sources: fc.tuple(maybe(source), maybe(source)),
    first: maybe(fc.nat(1)),
    // Plain text in the code that is a secret for Grafana can't be restored; the code gets a warning.
    alerting: setUp(real).filter(({ points }) =>
      points.every(({ integrations }) =>
        integrations.every(({ type, settings }) => clearSecrets(type, settings).length === 0),
      ),
    ),
  });

export function codeOf(sketch: State, surroundings: Surroundings): { kind: string }[] {
  const { name } = surroundings;
  const made: (Folder | undefined)[] = [];
  for (const [place, one] of sketch.folders.entries()) {
    const parent = one?.inside === undefined ? undefined : made[one.inside];
    const uid = name(`f${place}`);
    made.push(
      one &&
        folder({
          uid,
          title: `${one.title} ${place}`,
          ...(one.description === undefined ? {} : { description: one.description }),
          parent: parent ?? null,
        }),
    );
  }
  const boards = sketch.boards.flatMap((one, place) => {
    if (!one) return [];
    const inside = one.inside === undefined ? undefined : made[one.inside];
    const panels = one.exprs.map((expr, index) => panel(index + 1, `Panel ${index}`, expr));
    const spec = { title: `${one.title} ${place}`, tags: [...one.tags], schemaVersion: one.schemaVersion, panels };
    return [dashboard({ uid: name(`b${place}`), folder: inside ?? null, spec: spec as never })];
  });
  const sources = sketch.sources.flatMap((one, place) => {
    if (!one) return [];
    const keys = ["basicAuthPassword", "httpHeaderValue1"];
    const used = one.secrets.flatMap((variable, index) =>
      variable === undefined ? [] : [[keys[index] ?? "", secret(env(variable))] as const],
    );
    const uid = name(`s${place}`);
    return [
      datasource({
        uid,
        name: uid,
        type: "prometheus",
        url: one.url,
        isDefault: sketch.first === place,
        ...(one.httpMethod === undefined ? {} : { jsonData: { httpMethod: one.httpMethod } }),
        ...(used.length > 0 ? { secureJsonData: Object.fromEntries(used) } : {}),
      }),
    ];
  });
  return [...made.filter((one) => one !== undefined), ...boards, ...sources, ...build(sketch.alerting, surroundings)];
}
