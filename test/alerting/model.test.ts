import { describe, expect, test } from "vitest";
import { canonicalDuration, parseDuration } from "../../src/util/duration.ts";
import { clearSecrets, integrationType, withSecretsHidden } from "../../src/kinds/alerting/integration-secrets.ts";
import { quotedMatchers } from "../../src/kinds/alerting/matchers.ts";
import { canonicalRoute, namesIn } from "../../src/kinds/alerting/route.ts";
import { canonicalRule, fromRuler, ruleFaults } from "../../src/kinds/alerting/rule.ts";
import { canonicalTemplate, templateFault } from "../../src/kinds/alerting/template.ts";
import {
  canonicalTimeInterval,
  timeIntervalFaults,
  type TimeIntervalText,
} from "../../src/kinds/alerting/time-interval.ts";
import type { Json, JsonObject } from "../../src/util/json.ts";
import { env, HIDDEN, secret } from "../../src/secrets/secret.ts";

// All expected canonical forms were returned by a Grafana 12.4.0.

describe("durations", () => {
  const second = 1000;
  const day = 24 * 3600 * second;

  test.each([
    ["1ms", 1],
    ["1s", second],
    ["1m", 60 * second],
    ["1h", 3600 * second],
    ["1d", day],
    ["1w", 7 * day],
    ["1y", 365 * day],
    ["1y2w3d4h5m6s7ms", (365 + 14 + 3) * day + (4 * 3600 + 5 * 60 + 6) * second + 7],
    ["1m5ms", 60 * second + 5],
    ["0", 0],
    ["0s", 0],
    ["05m", 300 * second],
  ])("%s is %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(["", "5", "m", "1.5h", "-5m", "5m 3s", "5s3m", "5m5m", "1h ", " 1h", "1H", "1M", "300y", "293y"])(
    "%j is not a duration",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test.each([
    ["300s", "5m"],
    ["90s", "1m30s"],
    ["24h", "1d"],
    ["36h", "1d12h"],
    ["7d", "1w"],
    ["8d", "8d"],
    ["168h", "1w"],
    ["365d", "1y"],
    ["400d", "400d"],
    ["1w1d", "8d"],
    ["1y1d", "366d"],
    ["1500ms", "1s500ms"],
    ["0", "0s"],
    ["0d0h", "0s"],
    ["", "0s"],
  ])("Grafana returns %j as %s", (text, form) => {
    expect(canonicalDuration(text)).toBe(form);
    expect(canonicalDuration(form)).toBe(form);
  });

  test("an invalid duration is not changed", () => {
    expect(canonicalDuration("soon")).toBe("soon");
  });
});

describe("time intervals", () => {
  test("have one canonical form for all notations", () => {
    const interval: TimeIntervalText = {
      times: [{ start_time: "00:00", end_time: "24:00" }],
      weekdays: ["Monday", "TUESDAY:friday", "sunday:sunday"],
      days_of_month: ["03", "20:-1", "-31:-1", "-1:-1"],
      months: ["JANUARY:3", "may", "007", "december:december"],
      years: ["2026:2026", "2026:2028"],
      location: "Europe/Berlin",
    };
    expect(timeIntervalFaults(interval)).toEqual([]);
    const form = canonicalTimeInterval(interval);
    expect(form).toEqual({
      times: [{ start_time: "00:00", end_time: "24:00" }],
      weekdays: ["monday", "tuesday:friday", "sunday"],
      days_of_month: ["3", "20:-1", "-31:-1", "-1"],
      months: ["1:3", "5", "7", "12"],
      years: ["2026", "2026:2028"],
      location: "Europe/Berlin",
    });
    expect(canonicalTimeInterval(form)).toEqual(form);
  });

  test("omit empty fields", () => {
    expect(canonicalTimeInterval({ times: [], weekdays: [], days_of_month: [], months: [], years: [] })).toEqual({});
    expect(canonicalTimeInterval({})).toEqual({});
  });

  test.each(["UTC", "Local", "CET", "EST5EDT", "GMT", "Etc/GMT+2", "Asia/Calcutta", "Europe/Kyiv", "US/Pacific"])(
    "accept the time zone %s",
    (location) => {
      expect(timeIntervalFaults({ location })).toEqual([]);
    },
  );

  test.each<[TimeIntervalText, string, RegExp]>([
    [{ weekdays: ["mon"] }, "weekdays[0]", /not a valid weekday/],
    [{ weekdays: ["monday", " monday"] }, "weekdays[1]", /not a valid weekday/],
    [{ weekdays: ["monday :friday"] }, "weekdays[0]", /not a valid weekday/],
    [{ weekdays: [""] }, "weekdays[0]", /not a valid weekday/],
    [{ weekdays: ["friday:monday"] }, "weekdays[0]", /begin on Sunday/],
    [{ days_of_month: ["0"] }, "days_of_month[0]", /not a valid day of the month/],
    [{ days_of_month: ["32"] }, "days_of_month[0]", /not a valid day of the month/],
    [{ days_of_month: ["-32"] }, "days_of_month[0]", /not a valid day of the month/],
    [{ days_of_month: ["5:1"] }, "days_of_month[0]", /ends before it begins/],
    [{ days_of_month: ["-1:-3"] }, "days_of_month[0]", /ends before it begins/],
    [{ days_of_month: ["-1:5"] }, "days_of_month[0]", /use two ranges/],
    [{ days_of_month: ["28:-1"] }, "days_of_month[0]", /month of 28 days/],
    [{ days_of_month: ["31:-31"] }, "days_of_month[0]", /month of 28 days/],
    [{ days_of_month: [" 5"] }, "days_of_month[0]", /not a valid day of the month/],
    [{ months: ["jan"] }, "months[0]", /not a valid month/],
    [{ months: ["0"] }, "months[0]", /not a valid month/],
    [{ months: ["13"] }, "months[0]", /not a valid month/],
    [{ months: ["march:january"] }, "months[0]", /ends before it begins/],
    [{ months: ["1:2:3"] }, "months[0]", /not a valid month/],
    [{ years: ["2026 "] }, "years[0]", /not a valid year/],
    [{ years: ["2028:2026"] }, "years[0]", /ends before it begins/],
    [{ times: [{ start_time: "8:00", end_time: "09:00" }] }, "times[0].start_time", /such as 08:00/],
    [{ times: [{ start_time: "08:00", end_time: "24:01" }] }, "times[0].end_time", /at most 24:00/],
    [{ times: [{ start_time: "22:00", end_time: "06:00" }] }, "times[0]", /across midnight/],
    [{ times: [{ start_time: "08:00", end_time: "08:00" }] }, "times[0]", /not before/],
    [{ location: "" }, "location", /unknown time zone/],
    [{ location: "Berlin" }, "location", /unknown time zone/],
    [{ location: "europe/berlin" }, "location", /unknown time zone/],
    [{ location: "utc" }, "location", /unknown time zone/],
    [{ location: "+02:00" }, "location", /unknown time zone/],
  ])("reject %j", (interval, path, message) => {
    expect(timeIntervalFaults(interval)).toEqual([{ path, message: expect.stringMatching(message) }]);
  });

  test("report all faults at once", () => {
    const faults = timeIntervalFaults({ weekdays: ["x", "monday", "y"], months: ["z"], location: "Nowhere" });
    expect(faults.map(({ path }) => path)).toEqual(["weekdays[0]", "weekdays[2]", "months[0]", "location"]);
  });

  test("27:-1 is the latest start of a range that can end at the end of the month", () => {
    expect(timeIntervalFaults({ days_of_month: ["27:-1", "-31:-1", "1:-27"] })).toEqual([]);
  });
});

describe("templates", () => {
  test("are trimmed, and wrapped if they have no define", () => {
    expect(canonicalTemplate("a", ' \n{{ define "x" }}b{{ end }}\t\n')).toBe('{{ define "x" }}b{{ end }}');
    expect(canonicalTemplate("a/b ü", "\n one\n\n  two \n")).toBe(
      '{{ define "a/b ü" }}\n  one\n  \n    two\n{{ end }}',
    );
    expect(canonicalTemplate("a", "one\r\ntwo\u2028three")).toBe(
      '{{ define "a" }}\n  one\r\n  two\u2028three\n{{ end }}',
    );
  });

  test("are trimmed as in Go: the next-line character is white space, and a byte order mark is not", () => {
    expect(canonicalTemplate("a", "\u0085\u00a0x\u3000")).toBe(canonicalTemplate("a", "x"));
    expect(canonicalTemplate("a", "\uFEFFx")).toContain("\uFEFFx");
  });

  test.each(["plain", ' {{ define "x" }}b{{ end }}', "{{define `x`}}{{end}}", "a\n b", "{{/* {{ define */}} x"])(
    "%j has one form",
    (text) => {
      const form = canonicalTemplate("name", text);
      expect(canonicalTemplate("name", form)).toBe(form);
    },
  );

  test.each([
    "no action",
    "{{ .Status }}",
    '{{ define "a" }}{{ if .B }}1{{ else if .C }}2{{ else }}3{{ end }}{{ end }}',
    '{{ define "a" -}} x {{- end -}} {{ define "b" }}{{ end }}',
    "{{ range .Alerts }}x{{ else }}none{{ end }}",
    "{{ with .Labels }}{{ . }}{{ else }}none{{ end }}",
    '{{ block "b" . }}x{{ end }}',
    '{{ "}}" }} {{ "\\"}}" }} {{ `}}{{` }}',
    "{{ `two\nlines }}` }}",
    "{{ '}' }}",
    "{{/* {{ if }} in a comment */}}",
    "{{- /* trimmed }} comment */ -}}",
    "}} alone, and { single }",
    "{{ endpoint }} {{ .end }} {{ ifx }}",
  ])("%j has no fault", (text) => {
    expect(templateFault(text)).toBeUndefined();
  });

  test.each([
    ["{{ .Status", /action in line 1 is not closed/],
    ["a\nb {{ .Status }", /action in line 2 is not closed/],
    ['{{ "}} }}', /action in line 1 is not closed/],
    ['{{ "two\nlines" }}', /action in line 1 is not closed/],
    ["{{/* comment }}", /action in line 1 is not closed/],
    ["{{ }}", /action in line 1 is empty/],
    ["{{ if .A }}", /the if in line 1 has no end/],
    ['{{ define "a" }}\n{{ range .B }}{{ end }}', /the define in line 1 has no end/],
    ["x\n{{ end }}", /the end in line 2 has no matching block/],
    ["{{ if .A }}{{ end }}{{ end }}", /the end in line 1 has no matching block/],
    ["{{ else }}", /the else in line 1 has no matching if/],
    ['{{ define "a" }}{{ else }}{{ end }}', /the else in line 1 has no matching if/],
    ['{{ define "a" }}{{ define "b" }}{{ end }}{{ end }}', /inside another block/],
    ['{{- define "a" -}}x{{ end }}', /define in line 1/],
  ])("%j: %s", (text, fault) => {
    expect(templateFault(text)).toMatch(fault);
  });

  test("a name that requires quotes gets no define", () => {
    expect(templateFault("text", 'q"uo')).toMatch(/name with quotes/);
    expect(templateFault('{{ define "x" }}{{ end }}', 'q"uo')).toBeUndefined();
  });
});

describe("rules", () => {
  const query = (refId: string): JsonObject => ({
    refId,
    datasourceUid: "prometheus",
    relativeTimeRange: { from: 600, to: 0 },
    model: { expr: "up" },
  });
  const expression = (refId: string, model: JsonObject): JsonObject => ({ refId, datasourceUid: "__expr__", model });
  const rule = (data: JsonObject[], rest: JsonObject = {}): JsonObject => ({ condition: "A", data, ...rest });

  test("without a fault have none", () => {
    const data = [
      query("A"),
      query("Two words"),
      expression("B", { type: "reduce", expression: "A", reducer: "last" }),
      expression("C", { type: "math", expression: "$A + ${Two words} * ${B}" }),
      expression("D", { type: "threshold", expression: "$C", conditions: [] }),
      expression("E", { type: "classic_conditions", conditions: [{ query: { params: ["A"] } }] }),
      expression("F", { type: "resample", expression: "A" }),
      expression("G", { type: "sql", expression: "SELECT * FROM A" }),
      expression("H", { type: "math", expression: "1 + 1" }),
    ];
    expect(ruleFaults(rule(data, { condition: "E" }))).toEqual([]);
  });

  test("have a condition that refers to a query", () => {
    expect(ruleFaults(rule([query("A")], { condition: "B" }))).toEqual([
      { path: "condition", message: expect.stringMatching(/"B", which the rule does not have; .* A$/) },
    ]);
    expect(ruleFaults({ condition: "A", data: [] })).toEqual([
      { path: "condition", message: expect.stringMatching(/it has no queries/) },
    ]);
  });

  test("that record metrics have a query as their source, and no condition", () => {
    expect(ruleFaults({ data: [query("A")], record: { metric: "m", from: "A" } })).toEqual([]);
    expect(ruleFaults({ data: [query("A")], record: { metric: "m", from: "B" } })).toEqual([
      { path: "record.from", message: expect.stringMatching(/refers to the query "B"/) },
    ]);
  });

  test("have no two queries with the same name", () => {
    expect(ruleFaults(rule([query("A"), query("B"), query("A")]))).toEqual([
      { path: "data[2].refId", message: "two queries have the refId A" },
    ]);
  });

  test.each<[JsonObject]>([
    [{ type: "math", expression: "$A + $X" }],
    [{ type: "math", expression: "${X}" }],
    [{ type: "reduce", expression: "X" }],
    [{ type: "resample", expression: "$X" }],
    [{ type: "threshold", expression: "${X}" }],
    [{ type: "classic_conditions", conditions: [{ query: { params: ["A"] } }, { query: { params: ["X", "5m"] } }] }],
  ])("have no query that refers to a missing one: %j", (model) => {
    for (const datasourceUid of ["__expr__", "-100"]) {
      expect(ruleFaults(rule([query("A"), { ...expression("B", model), datasourceUid }]))).toEqual([
        { path: "data[1].model", message: "the expression B uses X, which the rule does not have" },
      ]);
    }
  });

  test("are warned of if classic conditions use an expression, or an expression uses them", () => {
    const ofQuery = expression("B", { type: "classic_conditions", conditions: [{ query: { params: ["A"] } }] });
    const after = expression("C", { type: "math", expression: "$B > 0" });
    const ofExpression = expression("C", { type: "classic_conditions", conditions: [{ query: { params: ["B"] } }] });
    const reduced = expression("B", { type: "reduce", expression: "A", reducer: "last" });
    expect(ruleFaults(rule([query("A"), ofQuery]))).toEqual([]);
    for (const data of [
      [query("A"), ofQuery, after],
      [query("A"), reduced, ofExpression],
    ])
      expect(ruleFaults(rule(data))).toMatchObject([{ level: "warning", path: "data[2].model" }]);
  });

  test("can have a datasource query that looks like an expression", () => {
    const own = { ...query("B"), model: { type: "math", expression: "$X" } };
    expect(ruleFaults(rule([query("A"), own]))).toEqual([]);
  });

  test("have no expressions that use themselves, directly or indirectly", () => {
    const itself = rule([query("A"), expression("B", { type: "math", expression: "$B + $A" })]);
    expect(ruleFaults(itself)).toEqual([{ path: "data[1].model", message: "the expression B uses itself: B → B" }]);
    const circle = rule([
      query("A"),
      expression("B", { type: "reduce", expression: "C" }),
      expression("C", { type: "math", expression: "$A + $B" }),
      expression("D", { type: "threshold", expression: "C" }),
    ]);
    expect(ruleFaults(circle)).toEqual([
      { path: "data[1].model", message: "the expression B uses itself: B → C → B" },
      { path: "data[2].model", message: "the expression C uses itself: C → B → C" },
    ]);
  });

  test.each<[JsonObject | undefined]>([
    [undefined],
    [{}],
    [{ from: 5, to: 5 }],
    [{ from: 5.9, to: 5 }],
    [{ from: 0, to: 60 }],
  ])("require a time range for a query: %j", (relativeTimeRange) => {
    const { relativeTimeRange: _, ...rest } = query("A");
    const own = relativeTimeRange ? { ...rest, relativeTimeRange } : rest;
    expect(ruleFaults(rule([own]))).toEqual([
      { path: "data[0].relativeTimeRange", message: expect.stringMatching(/time range must begin before it ends/) },
    ]);
    expect(ruleFaults(rule([{ ...own, datasourceUid: "-100" }]))).toEqual([]);
  });

  test("have the same form in the code and in Grafana's list", () => {
    const code = canonicalRule({
      uid: "u",
      title: "t",
      condition: "A",
      for: "300s",
      keep_firing_for: "0s",
      labels: {},
      annotations: { summary: "" },
      isPaused: false,
      notification_settings: { receiver: "ops", group_by: [], group_wait: "90s", mute_time_intervals: null },
      data: [
        {
          refId: "A",
          datasourceUid: "p",
          relativeTimeRange: { from: 600.9, to: -0.5 },
          queryType: "a",
          model: { expr: "up", refId: "X", intervalMs: "15s", maxDataPoints: null, queryType: "range", gone: null },
        },
      ],
    });
    const live = canonicalRule(
      fromRuler({
        expr: "",
        for: "5m",
        keep_firing_for: "0s",
        annotations: { summary: "" },
        grafana_alert: {
          uid: "u",
          title: "t",
          condition: "A",
          no_data_state: "NoData",
          exec_err_state: "Error",
          is_paused: false,
          version: 3,
          guid: "g",
          notification_settings: { receiver: "ops", group_wait: "1m30s" },
          data: [
            {
              refId: "A",
              queryType: "range",
              datasourceUid: "p",
              relativeTimeRange: { from: 600, to: 0 },
              model: {
                expr: "up",
                gone: null,
                intervalMs: 1000,
                maxDataPoints: 43_200,
                queryType: "range",
                refId: "A",
              },
            },
          ],
        },
      }),
    );
    expect(code).toEqual(live);
    expect(canonicalRule(code)).toEqual(code);
  });

  test("that record metrics lose fields without a meaning for them, and an empty target", () => {
    const record = { metric: "m", from: "A" };
    const form = canonicalRule({
      uid: "u",
      title: "t",
      condition: "A",
      for: "5m",
      keep_firing_for: "5m",
      noDataState: "OK",
      execErrState: "OK",
      missingSeriesEvalsToResolve: 3,
      notification_settings: { receiver: "ops" },
      isPaused: true,
      data: [],
      record: { ...record, target_datasource_uid: "" },
    });
    expect(form).toEqual({ uid: "u", title: "t", data: [], record, isPaused: true });
  });
});

describe("routes", () => {
  test("have one form for all four notations of matchers", () => {
    const form = { receiver: "ops", object_matchers: [["a", "=", "b"]] };
    expect(canonicalRoute({ receiver: "ops", object_matchers: [["a", "=", "b"]] })).toEqual(form);
    expect(canonicalRoute({ receiver: "ops", matchers: [{ Name: "a", Type: "=", Value: "b" }] })).toEqual(form);
    expect(canonicalRoute({ receiver: "ops", matchers: [{ Name: "a", Value: "b" }] })).toEqual(form);
    expect(canonicalRoute({ receiver: "ops", match: { a: "b" } })).toEqual(form);
    expect(canonicalRoute({ match_re: { a: "b|c" } })).toEqual({ object_matchers: [["a", "=~", "b|c"]] });
    const mixed = canonicalRoute({
      object_matchers: [["z", "!=", ""]],
      match_re: { a: "x" },
      match: { a: "x" },
      matchers: [{ Name: "b", Type: "!~", Value: "y" }],
    });
    expect(mixed["object_matchers"]).toHaveLength(4);
    expect(canonicalRoute(mixed)).toEqual(mixed);
  });

  test("have matchers in any order, with the quotes of their values", () => {
    const one = canonicalRoute({
      object_matchers: [
        ["b", "=", "q"],
        ["a", "=~", "x"],
        ["a", "!~", "x"],
      ],
    });
    const other = canonicalRoute({
      object_matchers: [
        ["a", "!~", "x"],
        ["a", "=~", "x"],
        ["b", "=", "q"],
      ],
    });
    expect(one).toEqual(other);
    for (const value of ['in"side', '"', '"both"'])
      expect(canonicalRoute({ object_matchers: [["a", "=", value]] })["object_matchers"]).toEqual([["a", "=", value]]);
  });

  test.each([
    ["=", '"', '["a","=~","^[\\"]$"]'],
    ["=", '"x.y"', '["a","=~","^[\\"]x\\\\.y[\\"]$"]'],
    ["!=", 'x"', '["a","!~","^x[\\"]$"]'],
    ["=", 'x\\"', '["a","=~","^x\\\\\\\\[\\"]$"]'],
    ["=~", '.*"', '["a","=~",".*[\\"]"]'],
    ["=~", '".*', '["a","=~","[\\"].*"]'],
    ["!~", '"a"|"b"', '["a","!~","[\\"]a\\"|\\"b[\\"]"]'],
    ["=~", 'a\\"', '["a","=~","a[\\"]"]'],
    ["=~", 'a\\\\"', '["a","=~","a\\\\\\\\[\\"]"]'],
  ])("suggest an equivalent matcher: %s %s", (operator, value, instead) => {
    const spelled = [
      { object_matchers: [["a", operator, value]] },
      { matchers: [{ Name: "a", Type: operator, Value: value }] },
    ];
    for (const route of spelled) {
      const [found, ...others] = quotedMatchers({ routes: [{ routes: [route] }] });
      expect(others).toEqual([]);
      expect(found).toMatchObject({
        value,
        instead,
        path: expect.stringMatching(/^routes\[0\]\.routes\[0\]\.\w+\[0\]/),
      });
      const written = JSON.parse(instead) as Json;
      expect(quotedMatchers({ object_matchers: [written] })).toEqual([]);
    }
  });

  test("accept matchers whose quotes Grafana keeps", () => {
    for (const value of ['in"side', '["]x["]', '{"a":"b"}', "", "'x'", ' "x" '])
      expect(quotedMatchers({ object_matchers: [["a", "=~", value]], match: { a: value } })).toEqual([]);
  });

  test("contain matchers that another client wrote as text", () => {
    expect(canonicalRoute({ matchers: ['a="b"'] })).toEqual({ object_matchers: ['a="b"'] });
  });

  test("omit empty and false fields, and have durations in Grafana's notation", () => {
    const route = {
      receiver: "",
      continue: false,
      group_by: [],
      object_matchers: [],
      mute_time_intervals: [],
      active_time_intervals: [],
      routes: [],
      group_wait: "0",
      group_interval: "300s",
      repeat_interval: "36h",
      provenance: "api",
    };
    expect(canonicalRoute(route)).toEqual({ group_wait: "0s", group_interval: "5m", repeat_interval: "1d12h" });
    expect(canonicalRoute({ routes: [route, { continue: true, group_by: ["b", "a"] }] })).toEqual({
      routes: [
        { group_wait: "0s", group_interval: "5m", repeat_interval: "1d12h" },
        { continue: true, group_by: ["b", "a"] },
      ],
    });
  });

  test("list contact points and mute timings with their paths", () => {
    const tree: JsonObject = {
      receiver: "ops",
      routes: [
        { object_matchers: [], mute_time_intervals: ["nights", "weekends"] },
        { receiver: "email", routes: [{ receiver: "ops", active_time_intervals: ["office"] }] },
      ],
    };
    expect(namesIn(tree)).toEqual([
      { kind: "contact-point", name: "ops", path: "receiver" },
      { kind: "mute-timing", name: "nights", path: "routes[0].mute_time_intervals[0]" },
      { kind: "mute-timing", name: "weekends", path: "routes[0].mute_time_intervals[1]" },
      { kind: "contact-point", name: "email", path: "routes[1].receiver" },
      { kind: "contact-point", name: "ops", path: "routes[1].routes[0].receiver" },
      { kind: "mute-timing", name: "office", path: "routes[1].routes[0].active_time_intervals[0]" },
    ]);
  });
});

describe("secrets of integrations", () => {
  test("are hidden at every depth, but not if they are empty", () => {
    const settings = {
      url: "http://127.0.0.1/hook",
      password: "in clear",
      authorization_credentials: "",
      tlsConfig: { clientKey: "", caCertificate: "[REDACTED]", insecureSkipVerify: true },
      hmacConfig: { secret: "x", header: "" },
    };
    const form = {
      url: "http://127.0.0.1/hook",
      password: HIDDEN,
      tlsConfig: { caCertificate: HIDDEN, insecureSkipVerify: true },
      hmacConfig: { secret: HIDDEN, header: "" },
    };
    expect(withSecretsHidden("webhook", settings)).toEqual(form);
    expect(withSecretsHidden("webhook", form)).toEqual(form);
  });

  test("are known by the type in any case; an unknown type has none", () => {
    expect(["Slack", "line", "LINE", "PagerDuty"].map(integrationType)).toEqual(["slack", "LINE", "LINE", "pagerduty"]);
    expect(withSecretsHidden("Slack", { url: "https://x", token: "" })).toEqual({ url: HIDDEN });
    expect(withSecretsHidden("new", { url: "https://x" })).toEqual({ url: "https://x" });
  });

  test("are reported with their paths if they are in plain text", () => {
    const A = secret(env("A"));
    expect(clearSecrets("sns", { sigv4: { access_key: A, secret_key: "clear" } })).toEqual(["sigv4.secret_key"]);
    expect(clearSecrets("line", { token: A })).toEqual([]);
    expect(clearSecrets("slack", { url: "", token: "clear", text: "clear" })).toEqual(["token"]);
  });
});
