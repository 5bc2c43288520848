import { expect, test } from "vitest";
import { faultsIn, untouchable } from "../cli/support.ts";
import { testProject } from "../helpers/cli.ts";

interface Expected {
  /** File, export and property path as printed. */
  readonly at: string;
  readonly says: string | RegExp;
}

/** A resource file, which can use `ok` and `home`. */
function file(text: string): string {
  return `
    import { contactPoint, datasource, env, existing, folder, messageTemplate, muteTiming, notificationPolicy, ruleGroup, secret } from "grafana-provision";
    import { home, ok } from "./_shared.ts";
    const data = [{ refId: "A", model: { type: "math", expression: "1 > 0" } }];
    const group = (title: string, rule: object, more: object = {}) =>
      ruleGroup({ folder: home, title, interval: 60, rules: [{ title: title + " rule", condition: "A", data, ...rule }], ...more } as never);
    const timing = (name: string, interval: object) => muteTiming({ name, time_intervals: [interval] } as never);
    const hook = { type: "webhook", settings: { url: "http://127.0.0.1:1/" } };
    ${text}
    void [contactPoint, datasource, env, existing, folder, messageTemplate, muteTiming, notificationPolicy, ruleGroup, secret, group, timing, hook, home, ok];
  `;
}

const files: Readonly<Record<string, string>> = {
  "_shared.ts": `
    import { contactPoint, folder } from "grafana-provision";
    export const home = folder({ uid: "home", title: "Home" });
    export const ok = contactPoint({ name: "ok", integrations: [{ type: "webhook", settings: { url: "http://127.0.0.1:1/" } }] });`,
  "shared.ts": 'export { home, ok } from "./_shared.ts";',
  "rules.ts": file(`
    export const noQuery = group("no query", { condition: "Z" });
    export const seven = group("seven", {}, { interval: 67 });
    export const zero = group("zero", {}, { interval: 0 });
    export const fraction = group("fraction", {}, { interval: 15.5 });
    export const first = group("first", { uid: "taken" });
    export const cyclic = group("cyclic", { condition: "A", data: [
      { refId: "A", model: { type: "math", expression: "$B + 1" } },
      { refId: "B", model: { type: "reduce", expression: "A", reducer: "last" } },
    ] });
    export const unknownInput = group("unknown input", { data: [{ refId: "A", model: { type: "threshold", expression: "Q" } }] });
    export const twice = group("twice", { data: [...data, ...data] });
    export const untitled = group("untitled", { title: " " });
    export const titleless = group("titleless", { title: undefined });
    export const noData = group("no data", { data: [] });
    export const noCondition = group("no condition", { condition: undefined });
    export const noRules = group("no rules", {}, { rules: [] });
    export const wrongType = group("wrong type", { labels: { team: 5 }, isPaused: "no" });
    export const unknownProperty = group("unknown property", { summary: "hello" });
    export const state = group("state", { noDataState: "Ok" });
    export const pending = group("pending", { for: "five minutes" });
    export const uid = group("uid", { uid: "not a uid" });
    export const undeclared = group("undeclared", { notification_settings: { receiver: { kind: "contact-point", name: "ghost", integrations: [hook] } } });
    export const byName = group("by name", {}, { folder: "home" });
  `),
  "other-rules.ts": file('export const second = group("second", { uid: "taken" });'),
  "policies.ts": file("export default notificationPolicy({ receiver: ok });"),
  "policies-2.ts": file("export default notificationPolicy({ receiver: ok });"),
  "policies-3.ts": file(`
    export const empty = notificationPolicy({ receiver: "" } as never);
    export const shapes = notificationPolicy({ receiver: ok, group_interval: "0s", repeat_interval: "often", routes: [
      { receiver: "", object_matchers: [["a", "==", "b"]], continues: true },
    ] } as never);
  `),
  "timings.ts": file(`
    export const zone = timing("zone", { location: "Europe/Atlantis" });
    export const weekday = timing("weekday", { weekdays: ["monday", "caturday"] });
    export const month = timing("month", { months: ["13"] });
    export const day = timing("day", { days_of_month: ["0"] });
    export const backwards = timing("backwards", { weekdays: ["saturday:sunday"], times: [{ start_time: "22:00", end_time: "06:00" }] });
    export const clock = timing("clock", { times: [{ start_time: "8:00", end_time: "25:00" }] });
    export const key = timing("key", { weekday: ["monday"] });
    export const same1 = timing("same", { weekdays: ["monday"] });
    export const same2 = timing("same", { weekdays: ["tuesday"] });
  `),
  "points.ts": file(`
    export const none = contactPoint({ name: "none", integrations: [] });
    export const nameless = contactPoint({ name: "", integrations: [hook] });
    export const property = contactPoint({ name: "property", integrations: [{ ...hook, setting: {} } as never] });
    export const type = contactPoint({ name: "type", integrations: [{ type: 5, settings: {} } as never] });
    export const unsettled = contactPoint({ name: "unsettled", integrations: [{ type: "email" } as never] });
    export const same1 = contactPoint({ name: "same", integrations: [hook] });
    export const same2 = contactPoint({ name: "same", integrations: [hook] });
    export const uid1 = contactPoint({ name: "uid1", integrations: [{ ...hook, uid: "shared" }] });
    export const uid2 = contactPoint({ name: "uid2", integrations: [{ ...hook, uid: "shared" }] });
    export const template = contactPoint({ name: "template", integrations: [hook], templates: [{ kind: "message-template", name: "nowhere", template: "x" }] });
    export const clear = datasource({ uid: "clear", name: "clear", type: "loki", url: "http://x", secureJsonData: { password: "hunter2" } as never });
  `),
  "templates.ts": file(`
    export const open = messageTemplate({ name: "open", template: '{{ define "open" }}Hello' });
    export const action = messageTemplate({ name: "action", template: "{{ .Status" });
    export const end = messageTemplate({ name: "end", template: "Hello {{ end }}" });
    export const empty = messageTemplate({ name: "empty", template: "  " });
    export const same1 = messageTemplate({ name: "same", template: "Hello" });
    export const same2 = messageTemplate({ name: "same", template: "Bye" });
  `),
};

const expected: Readonly<Record<string, readonly Expected[]>> = {
  "rules.ts": [
    {
      at: "(export noQuery) rules[0].condition",
      says: 'refers to the query "Z", which the rule does not have; its queries are A',
    },
    { at: "(export seven) interval", says: /10 seconds/ },
    { at: "(export zero) interval", says: "must be above zero" },
    { at: "(export fraction) interval", says: "expected int, received number" },
    {
      at: "(export first) rules[0].uid",
      says: "the uid taken is used by another rule in rule-group/home/second (resources/other-rules.ts)",
    },
    { at: "(export cyclic) rules[0].data[0].model", says: "the expression A uses itself: A → B → A" },
    { at: "(export cyclic) rules[0].data[1].model", says: "the expression B uses itself: B → A → B" },
    {
      at: "(export unknownInput) rules[0].data[0].model",
      says: "the expression A uses Q, which the rule does not have",
    },
    { at: "(export twice) rules[0].data[1].refId", says: "two queries have the refId A" },
    { at: "(export untitled) rules[0].title", says: "must not be empty" },
    { at: "(export titleless) rules[0].title", says: "is missing: expected string" },
    { at: "(export noData) rules[0].data", says: "must contain at least one query" },
    { at: "(export noCondition) rules[0].condition", says: /^is missing|requires a condition/ },
    { at: "(export noRules) rules", says: /at least one rule/ },
    { at: "(export wrongType) rules[0].labels.team", says: "expected string, received number" },
    { at: "(export wrongType) rules[0].isPaused", says: "expected boolean, received string" },
    { at: "(export unknownProperty) rules[0].summary", says: /unknown property/ },
    { at: "(export state) rules[0].noDataState", says: /expected one of "NoData"\|"Alerting"\|"OK"\|"KeepLast"/ },
    { at: "(export pending) rules[0].for", says: /^must be a duration/ },
    { at: "(export uid) rules[0].uid", says: "must consist of letters, digits, - and _" },
    {
      at: "(export undeclared) rules[0].notification_settings.receiver",
      says: 'refers to the contact-point "ghost", which no loaded file exports',
    },
    { at: "(export byName) folder", says: /^expected a folder object/ },
  ],
  "policies.ts": [{ at: "(default export)", says: /^notification-policy\/default is defined twice.*policies-2\.ts/ }],
  "policies-3.ts": [
    { at: "(export empty) receiver", says: /^expected a contact-point object/ },
    { at: "(export shapes) group_interval", says: /must be a duration above zero/ },
    { at: "(export shapes) repeat_interval", says: /must be a duration above zero/ },
    { at: "(export shapes) routes[0].receiver", says: /^expected a contact-point object/ },
    { at: "(export shapes) routes[0].object_matchers[0][1]", says: /expected one of "="\|"!="\|"=~"\|"!~"/ },
    { at: "(export shapes) routes[0].continues", says: /unknown property.*\bcontinue\b/ },
  ],
  "timings.ts": [
    { at: "(export zone) time_intervals[0].location", says: 'unknown time zone "Europe/Atlantis"' },
    { at: "(export weekday) time_intervals[0].weekdays[1]", says: /^"caturday" is not a valid weekday/ },
    { at: "(export month) time_intervals[0].months[0]", says: /^"13" is not a valid month/ },
    { at: "(export day) time_intervals[0].days_of_month[0]", says: /^"0" is not a valid day of the month/ },
    { at: "(export backwards) time_intervals[0].weekdays[0]", says: /ends before it begins/ },
    { at: "(export backwards) time_intervals[0].times[0]", says: /^22:00 is not before 06:00/ },
    { at: "(export clock) time_intervals[0].times[0].start_time", says: /^"8:00" is not a valid time/ },
    { at: "(export key) time_intervals[0].weekday", says: /unknown property.*\bweekdays\b/ },
    { at: "(export same2)", says: /^mute-timing\/same is defined twice.*export same1/ },
  ],
  "points.ts": [
    { at: "(export none) integrations", says: /at least one integration/ },
    { at: "(export nameless) name", says: "must not be empty" },
    { at: "(export property) integrations[0].setting", says: /unknown property/ },
    { at: "(export type) integrations[0].type", says: "expected string, received number" },
    { at: "(export unsettled) integrations[0].settings", says: /^is missing/ },
    { at: "(export same2)", says: /^contact-point\/same is defined twice.*export same1/ },
    { at: "(export uid2) integrations[0].uid", says: 'the uid shared is used by an integration of "uid1"' },
    {
      at: "(export template) templates[0]",
      says: 'refers to the message-template "nowhere", which no loaded file exports',
    },
    { at: "(export clear) secureJsonData.password", says: /plain text.*secret\(env/ },
  ],
  "templates.ts": [
    { at: "(export open) template", says: "the define in line 1 has no end" },
    { at: "(export action) template", says: "the action in line 1 is not closed: }} is missing" },
    { at: "(export end) template", says: "the end in line 1 has no matching block" },
    { at: "(export empty) template", says: "must not be empty" },
    { at: "(export same2)", says: /^message-template\/same is defined twice.*export same1/ },
  ],
};

/** Applies these files, asserts that exactly these faults are reported, and returns the sent requests. */
async function faultsOf(
  written: Readonly<Record<string, string>>,
  faults: Readonly<Record<string, readonly Expected[]>>,
): Promise<readonly unknown[]> {
  const entries = Object.entries(written).map(([name, text]) => [`resources/${name}`, text]);
  const project = await testProject(Object.fromEntries(entries));
  const server = await untouchable();

  const run = await project.run(["apply"], { GRAFANA_URL: server.url, GRAFANA_TOKEN: "token" });

  expect(run.code, run.stderr).toBe(65);
  expect(run.stdout).toBe("");
  const reported = faultsIn(run).filter(({ level }) => level === "error");
  const wanted = Object.entries(faults).flatMap(([name, own]) =>
    own.map(({ at, says }) => ({ at: `resources/${name} ${at}`, says })),
  );
  for (const { at, says } of wanted) {
    const found = reported.filter(({ place, message }) => {
      // A fault about a repeated resource is reported at its name.
      const here = at.endsWith(")") ? place.startsWith(at) : place === at;
      return here && (typeof says === "string" ? message === says : says.test(message));
    });
    expect(found.length, `${at}: ${String(says)}\n${run.stderr}`).toBe(1);
  }
  expect(reported.length, run.stderr).toBe(wanted.length);
  expect(run.stderr).toContain(`${wanted.length} faults`);
  expect(run.stderr).not.toContain("hunter2");
  return server.seen;
}

test("one report contains all faults of all alerting kinds, with file, export and path; no request is sent", async () => {
  expect(await faultsOf(files, expected)).toEqual([]);
});

test("undeclared names at any depth of a policy tree are faults", async () => {
  const tree = file(`
    export default notificationPolicy({
      receiver: ok,
      routes: [
        { receiver: "ghost", object_matchers: [["a", "=", "b"]], mute_time_intervals: ["gone"] },
        { routes: [{ receiver: ok, active_time_intervals: [{ kind: "mute-timing", name: "nowhere", time_intervals: [] }] }] },
      ],
    } as never);`);
  const { "_shared.ts": shared = "", "shared.ts": exported = "" } = files;
  const sent = await faultsOf(
    { "_shared.ts": shared, "shared.ts": exported, "tree.ts": tree },
    {
      "tree.ts": [
        {
          at: "(default export) routes[0].receiver",
          says: 'refers to the contact-point "ghost", which no loaded file exports',
        },
        {
          at: "(default export) routes[0].mute_time_intervals[0]",
          says: 'refers to the mute-timing "gone", which no loaded file exports',
        },
        {
          at: "(default export) routes[1].routes[0].active_time_intervals[0]",
          says: 'refers to the mute-timing "nowhere", which no loaded file exports',
        },
      ],
    },
  );
  expect(sent).toEqual([]);
});

test("a matcher whose value Grafana would store without its quotes is a fault, in every notation", async () => {
  const tree = file(`
    export default notificationPolicy({ receiver: ok, routes: [
      { object_matchers: [["a", "=", 'in"side'], ["a", "=~", '.*"']] },
      { routes: [{ match: { q: '"' }, match_re: { q: '"a|b' }, matchers: [{ Name: "a", Type: "!=", Value: 'x"' }] }] },
    ] } as never);`);
  const { "_shared.ts": shared = "", "shared.ts": exported = "" } = files;
  const sent = await faultsOf(
    { "_shared.ts": shared, "shared.ts": exported, "tree.ts": tree },
    {
      "tree.ts": [
        {
          at: "(default export) routes[0].object_matchers[1][2]",
          says: /^the value \.\*" begins or ends with a quote/,
        },
        { at: "(default export) routes[1].routes[0].match.q", says: /^the value " begins or ends with a quote/ },
        { at: "(default export) routes[1].routes[0].match_re.q", says: /^the value "a\|b begins or ends with a quote/ },
        {
          at: "(default export) routes[1].routes[0].matchers[0].Value",
          says: /^the value x" begins or ends with a quote/,
        },
      ],
    },
  );
  expect(sent).toEqual([]);
});
