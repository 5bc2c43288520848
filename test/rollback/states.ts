import {
  contactPoint,
  dashboard,
  datasource,
  env,
  folder,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  playlist,
  secret,
} from "../../src/index.ts";
import { secretValues } from "../../src/secrets/values.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import {
  alert,
  EDITABLE,
  group,
  hook,
  theirGroup,
  theirPoint,
  theirTemplate,
  theirTiming,
} from "../alerting/support.ts";
import { makeLibraryPanel } from "../kinds/library-panel/support.ts";
import { example, makeExample, OBJECTS } from "../kinds/api-object/support.ts";
import { makePlaylist, SERVED } from "../kinds/playlist/support.ts";
import { make, makeDatasource, panel } from "../engine/support.ts";
import type { TestGrafana } from "../helpers/grafana.ts";

/** These values occur nowhere else in a run. */
const SECRETS = {
  HOOK_URL: "http://127.0.0.1:1/hunter2-url",
  HOOK_PASSWORD: "hunter2-password",
  HOOK_HMAC: "hunter2-hmac",
  DS_PASSWORD: "hunter2-ds",
  GRAFANA_PROVISION_KEY: "hunter2-key-of-tests",
};

export async function secretContext(grafana: TestGrafana, owner: string): Promise<KindContext> {
  return { ...(await grafana.context(owner)), secrets: secretValues({ variables: SECRETS }) };
}

type Code = { kind: string }[];

/**
 * Two states of one project. A change from one to the other creates, changes and deletes objects of every kind, moves
 * folders, dashboards and rules, renames a contact point, and moves the default flag to another datasource. `adopted`:
 * the second state adopts objects of `makeTheirs`. `plain`: without secrets, so that it can be written to a file as
 * JSON.
 */
export function states(grafana: TestGrafana, { adopted = false, plain = false } = {}): readonly [Code, Code] {
  const name = (stem: string) => grafana.name(stem);
  const state = (which: "one" | "two"): Code => {
    const first = which === "one";
    // The ledger is in the first root folder of the code, which differs between the states.
    const record = folder({ uid: name(`a-${which}`), title: name(`a-${which}`) });
    const home = folder({ uid: name("home"), title: `${name("home")} ${which}` });
    const other = folder({ uid: name("other"), title: name("other"), description: first ? "first" : "second" });
    const deep = folder({ uid: name("deep"), title: name("deep"), parent: first ? home : other });
    const deeper = folder({ uid: name("deeper"), title: name("deeper"), parent: deep });
    const gone = folder({ uid: name(`g-${which}`), title: name(`g-${which}`), parent: home });
    const inGone = folder({ uid: name(`i-${which}`), title: name(`i-${which}`), parent: gone });
    const board = (stem: string, inside: typeof home | undefined, title: string) =>
      dashboard({
        uid: name(stem),
        ...(inside ? { folder: inside } : {}),
        spec: { title, panels: [panel(1, "Requests", title), panel(2, "Errors", "same")] as never },
      });
    const shared = (stem: string, title: string, inside: typeof home) =>
      libraryPanel({ uid: name(stem), name: name(stem), folder: inside, model: { type: "text", title } });
    const wall = (stem: string, interval: string) =>
      playlist({
        uid: name(stem),
        title: name(stem),
        interval,
        items: [{ tag: which }, board("root", undefined, which)],
      });
    const words = messageTemplate({
      name: name("words"),
      template: `{{ define "${name("words")}" }}${which}{{ end }}`,
    });
    const own = messageTemplate({ name: name(`w-${which}`), template: `{{ define "${name(which)}" }}x{{ end }}` });
    const nights = muteTiming({ name: name("nights"), time_intervals: [{ weekdays: [first ? "monday" : "tuesday"] }] });
    const holidays = muteTiming({ name: name(`t-${which}`), time_intervals: [{ months: ["may"] }] });
    const ops = contactPoint({
      name: name("ops"),
      integrations: [hook(`http://127.0.0.1:1/${which}`)],
      templates: [own],
    });
    // Renamed with its uids, so that Grafana renames it in all references.
    const desk = contactPoint({
      name: name(`desk-${which}`),
      integrations: [
        {
          type: "webhook",
          uid: name("desk1"),
          settings: {
            username: which,
            ...(plain
              ? { url: "http://127.0.0.1:1/desk" }
              : {
                  url: secret(env("HOOK_URL")),
                  password: secret(env("HOOK_PASSWORD")),
                  hmacConfig: { secret: secret(env("HOOK_HMAC")), header: "X-Signature" },
                }),
          },
        },
        hook(undefined, { uid: name(`d-${which}`) }),
      ],
    });
    const policy = notificationPolicy({
      receiver: ops,
      group_by: ["alertname"],
      repeat_interval: first ? "1h" : "2h",
      routes: [{ receiver: desk, object_matchers: [["a", "=", "b"]], mute_time_intervals: [nights, holidays] }],
    });
    const source = datasource({
      uid: name("ds"),
      name: name("ds"),
      type: "loki",
      url: `http://${which}:3100`,
      isDefault: !first,
      basicAuth: true,
      basicAuthUser: "me",
      ...(plain ? {} : { secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) } }),
    });
    const passing = datasource({
      uid: name(`ds-${which}`),
      name: name(`ds-${which}`),
      type: "loki",
      url: "http://x",
      ...(first ? { isDefault: true } : {}),
      ...(plain
        ? {}
        : {
            secureJsonData: {
              httpHeaderValue1: secret(env("HOOK_PASSWORD")),
              basicAuthPassword: secret(env("DS_PASSWORD")),
            },
          }),
    });
    // Two exchange their names, and one is replaced by one with another uid.
    const titles = [`swap-${which}`, `swap-${first ? "two" : "one"}`, "replaced"];
    const named = titles.map((title, index) =>
      datasource({
        uid: name(index === 2 ? `r-${which}` : `swap${index}`),
        name: name(title),
        type: "loki",
        url: "http://x",
      }),
    );
    const still = datasource({ uid: name("still"), name: name("still"), type: "loki", url: "http://still" });
    const rule = (stem: string) =>
      alert(name(stem), { for: first ? "1m" : "2m", notification_settings: { receiver: desk } });
    const moves = rule("moves");
    const untouched = alert(name("untouched"), {});
    return [
      record,
      home,
      other,
      deep,
      deeper,
      gone,
      inGone,
      words,
      own,
      nights,
      holidays,
      ops,
      desk,
      policy,
      source,
      passing,
      ...named,
      still,
      board("board", home, which),
      shared("shared", which, home),
      shared(`l-${which}`, "same", gone),
      board("still-board", other, "still"),
      board("rover", first ? deep : other, "moves"),
      board("root", undefined, which),
      board(`b-${which}`, inGone, which),
      ...(SERVED ? [wall("wall", first ? "1m" : "2m"), wall(`p-${which}`, "5m")] : []),
      ...(OBJECTS ? [example(name("object"), which), example(name(`o-${which}`), "same")] : []),
      group(home, "left", first ? [rule("left"), moves] : [rule("left")]),
      group(home, "right", first ? [rule("right")] : [moves, rule("right")]),
      group(home, "swap1", first ? [rule("s1")] : [rule("s2")]),
      group(home, "swap2", first ? [rule("s2")] : [rule("s1")]),
      group(home, `merge-${which}`, [rule("merged")]),
      group(other, "still", [untouched]),
      group(gone, `own-${which}`, [rule(`own-${which}`)]),
      ...(adopted && !first ? theirsInCode(grafana, home) : []),
    ];
  };
  return [state("one"), state("two")];
}

function theirsInCode(grafana: TestGrafana, home: ReturnType<typeof folder>): Code {
  const name = (stem: string) => grafana.name(stem);
  const theirs = folder({ uid: name("their-folder"), title: "Ours now" });
  return [
    theirs,
    dashboard({ uid: name("their-board"), folder: home, spec: { title: "Ours now" } }),
    datasource({ uid: name("their-ds"), name: name("their-ds"), type: "prometheus", url: "http://ours:9090" }),
    libraryPanel({ uid: name("their-panel"), name: "Ours now", model: { type: "text", title: "ours" } }),
    ...(SERVED
      ? [playlist({ uid: name("their-wall"), title: "Ours now", interval: "1m", items: [{ tag: "ours" }] })]
      : []),
    ...(OBJECTS ? [example(name("their-object"), "ours")] : []),
    messageTemplate({ name: name("their-words"), template: `{{ define "${name("their-words")}" }}ours{{ end }}` }),
    muteTiming({ name: name("their-nights"), time_intervals: [{ weekdays: ["sunday"] }] }),
    contactPoint({
      name: name("their-point"),
      integrations: [{ type: "webhook", uid: name("their-point"), settings: { url: "http://127.0.0.1:1/ours" } }],
    }),
    group(theirs, "their-group", [alert(name("their-rule"), { uid: name("their-rule"), for: "9m" })]),
  ];
}

/** One object of every kind except the policy tree, created by another user. */
export async function makeTheirs(grafana: TestGrafana): Promise<void> {
  const name = (stem: string) => grafana.name(stem);
  const annotations = { "example.org/note": "theirs" };
  await make(grafana, "folder", name("their-folder"), { spec: { title: "Theirs" }, annotations });
  await make(grafana, "dashboard", name("their-board"), {
    spec: { title: "Theirs", panels: [panel(7, "Theirs", "up")], schemaVersion: 42 },
    annotations: { ...annotations, "grafana.app/folder": name("their-folder") },
    labels: { theirs: "yes" },
  });
  await makeDatasource(grafana, name("their-ds"), { jsonData: { httpMethod: "POST" } });
  await makeLibraryPanel(grafana, name("their-panel"));
  if (SERVED) await makePlaylist(grafana, name("their-wall"));
  if (OBJECTS) await makeExample(grafana, name("their-object"));
  await theirTemplate(grafana, name("their-words"), "theirs", EDITABLE);
  await theirTiming(grafana, name("their-nights"), "friday", EDITABLE);
  await theirPoint(grafana, name("their-point"), { headers: EDITABLE, message: "theirs" });
  await theirGroup(
    grafana,
    name("their-folder"),
    "their-group",
    [alert(name("their-rule"), { uid: name("their-rule") })],
    EDITABLE,
  );
}

/** The objects of `makeTheirs` that the second state adopts. */
export function theirNames(grafana: TestGrafana): string[] {
  const name = (stem: string) => grafana.name(stem);
  return [
    `folder/${name("their-folder")}`,
    `dashboard/${name("their-board")}`,
    `datasource/${name("their-ds")}`,
    `library-panel/${name("their-panel")}`,
    ...(SERVED ? [`playlist/${name("their-wall")}`] : []),
    ...(OBJECTS ? [`api-object/example.grafana.app/Example/${name("their-object")}`] : []),
    `message-template/${name("their-words")}`,
    `mute-timing/${name("their-nights")}`,
    `contact-point/${name("their-point")}`,
    `rule-group/${name("their-folder")}/their-group`,
  ];
}
