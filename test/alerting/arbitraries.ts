import {
  ContactPointBuilder,
  DayOfMonthRangeBuilder,
  MonthRangeBuilder,
  MuteTimingBuilder,
  NotificationPolicyBuilder,
  NotificationSettingsBuilder,
  NotificationTemplateBuilder,
  QueryBuilder,
  RuleBuilder,
  TimeIntervalBuilder,
  TimeRangeBuilder,
  WeekdayRangeBuilder,
  YearRangeBuilder,
} from "@grafana/grafana-foundation-sdk/alerting";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import fc from "fast-check";
import {
  contactPoint,
  env,
  folder,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  ruleGroup,
  secret,
  type AlertRule,
  type ContactPoint,
  type Datasource,
  type Duration,
  type Integration,
  type Matcher,
  type MessageTemplate,
  type MuteTiming,
  type RecordingRule,
  type Route,
  type RuleQuery,
  type TimeInterval,
} from "../../src/index.ts";

// Sketches: alerting set-ups as plain data, in which objects are identified by their position in a list. They are easy
// to shrink and to change in one property; `build` converts them to resources.

export interface TemplateSketch {
  readonly name: string;
  readonly template: string;
  readonly sdk: boolean;
}

interface TimingSketch {
  readonly name: string;
  readonly intervals: readonly TimeInterval[];
  readonly sdk: boolean;
}

interface PointSketch {
  readonly name: string;
  readonly integrations: readonly Integration[];
  readonly sdk: boolean;
}

/** Positions of contact points and mute timings. Any number selects one of them. */
interface RouteSketch {
  readonly receiver?: number;
  readonly object_matchers?: readonly Matcher[];
  readonly continue?: boolean;
  readonly group_by?: readonly string[];
  readonly group_wait?: Duration;
  readonly group_interval?: Duration;
  readonly repeat_interval?: Duration;
  readonly mute?: readonly number[];
  readonly active?: readonly number[];
  readonly routes?: readonly RouteSketch[];
  readonly sdk: boolean;
}

interface SettingsSketch {
  readonly receiver: number;
  readonly group_by?: readonly string[];
  readonly group_wait?: Duration;
  readonly group_interval?: Duration;
  readonly repeat_interval?: Duration;
  readonly mute?: readonly number[];
  readonly active?: readonly number[];
}

interface QuerySketch {
  readonly refId: string;
  /** The position of a datasource; absent for an expression. */
  readonly source?: number;
  readonly relativeTimeRange?: { readonly from: number; readonly to: number };
  readonly queryType?: string;
  readonly model: Readonly<Record<string, unknown>>;
}

interface RuleSketch {
  readonly title: string;
  readonly uid?: string;
  readonly data: readonly QuerySketch[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isPaused?: boolean;
  readonly alert?: {
    readonly condition: string;
    readonly for?: Duration;
    readonly keep_firing_for?: Duration;
    readonly noDataState?: NonNullable<AlertRule["noDataState"]>;
    readonly execErrState?: NonNullable<AlertRule["execErrState"]>;
    readonly missingSeriesEvalsToResolve?: number;
  };
  readonly settings?: SettingsSketch;
  readonly record?: { readonly metric: string; readonly from: string; readonly target?: number };
  readonly sdk: boolean;
}

interface GroupSketch {
  readonly folder: number;
  readonly title: string;
  readonly interval: number;
  readonly rules: readonly RuleSketch[];
}

export interface SetUp {
  readonly templates: readonly TemplateSketch[];
  readonly timings: readonly TimingSketch[];
  readonly points: readonly PointSketch[];
  readonly policy: RouteSketch;
  readonly groups: readonly GroupSketch[];
}

/** All variables that the secrets of a set-up can use. */
export const SECRETS: Readonly<Record<string, string>> = {
  SECRET_A: "s3cret-ä",
  SECRET_B: 'with "quotes" and \\ and $dollar',
  SECRET_URL: "https://hooks.example.com/services/a?b=c&d=<e>",
  SECRET_OTHER_URL: "https://hooks.example.com/other",
};

const A = secret(env("SECRET_A"));
const B = secret(env("SECRET_B"));
const URL_A = secret(env("SECRET_URL"));
const URL_B = secret(env("SECRET_OTHER_URL"));

/** Plain names, names that must be encoded in a path, and names with white space, which Grafana keeps. */
const name = fc.constantFrom(
  "ops",
  "on call",
  "Bereitschaft ü✓",
  "team/core",
  "100% sure?",
  " padded ",
  "a.b-c_d",
  "..",
);
const text = fc.constantFrom(
  "",
  "plain",
  "Grüße ✓ 日本",
  "a\nb",
  '"quoted"',
  "{{ .Labels.job }}",
  "<b>&amp;</b>",
  "  x  ",
);
const filled = fc.constantFrom("plain", "Grüße ✓", "two\nlines", '{{ template "default.title" . }}', "<b>&</b>", " x ");
const flag = fc.boolean();
const sdk = fc.integer({ min: 0, max: 3 }).map((value) => value === 0);
const place = fc.nat({ max: 1000 });

/** Durations in all notations, all above zero. */
const duration = fc.oneof(
  fc.constantFrom(
    "90s",
    "1h30m",
    "24h",
    "1w",
    "1d12h",
    "300s",
    "7d",
    "8d",
    "1y",
    "365d",
    "400d",
    "1500ms",
    "36h",
    "5m",
  ),
  fc.constantFrom("1y1d", "1w1s", "1h1ms", "60m", "3600s", "0h5m", "05m", "1d0h", "2w3d4h5m6s7ms", "168h", "10080m"),
  fc.integer({ min: 1, max: 100_000 }).map((value) => `${value}s`),
) as fc.Arbitrary<Duration>;
const durationOrZero = fc.oneof({ weight: 6, arbitrary: duration }, fc.constantFrom<Duration>("0s", "0", "0m", "0d0h"));

const groupBy = fc.oneof(
  fc.constant<readonly string[]>(["..."]),
  fc.uniqueArray(fc.constantFrom("alertname", "grafana_folder", "job", "größe", "a b", "zone"), { maxLength: 4 }),
);
const places = fc.array(place, { maxLength: 2 });
/** Grafana accepts repeated names, but they have no meaning. */
const timingPlaces = places.map((list) => [...new Set(list)]);

// Templates

const BODIES = [
  "plain text ✓",
  "{{ .Status }}",
  "{{- .CommonLabels.alertname -}}",
  '{{ if eq .Status "firing" }}a{{ else if .Alerts }}b{{ else }}c{{ end }}',
  "{{ range $i, $a := .Alerts }}{{ $i }}{{ else }}none{{ end }}",
  "{{ with .CommonLabels }}{{ .job }}{{ end }}",
  "{{/* a comment with }} braces and {{ more */}}",
  '{{ "}} in a string {{" }}',
  "{{ `raw }} {{ string` }}",
  "{{ '}' }}",
  "{ single } braces",
  "}} closing alone",
  "line one\n\tline two  \n\n  line four",
  "",
];
/** When the sandbox wraps a text, it also indents after carriage returns; Grafana indents only after line feeds. */
const BODIES_OF_GRAFANA = [...BODIES, "windows\r\nline"];

const templateText = (real: boolean) =>
  fc
    .record({
      inner: fc.array(fc.constantFrom(...(real ? BODIES_OF_GRAFANA : BODIES)), { minLength: 1, maxLength: 4 }),
      around: fc.constantFrom<readonly [string, string]>(
        ["", ""],
        ["\n  ", " \n\n"],
        ["\t", ""],
        ["", "\r\n"],
        ["\u00a0", " "],
      ),
      defines: fc.constantFrom(0, 0, 1, 2),
      spelling: fc.constantFrom("{{ define", "{{define", "{{\tdefine", "{{ \ndefine"),
    })
    .map(({ inner, around, defines, spelling }) => {
      const body = inner.join(" ").trim() || "x";
      const between = Array.from(
        { length: defines },
        (_, index) => `${spelling} "part.${index}" -}} ${body} {{- end }}`,
      );
      return `${around[0]}${defines === 0 ? body : between.join("\n")}${around[1]}`;
    });

/** No two templates define the same name, which is a fault. */
const templates = (real: boolean): fc.Arbitrary<TemplateSketch[]> =>
  fc
    .uniqueArray(fc.record({ name, template: templateText(real), sdk }), {
      maxLength: 3,
      selector: (one) => one.name,
    })
    .map((all) =>
      all.map((one, index) => ({ ...one, template: one.template.replaceAll('"part.', `"part.${index}.`) })),
    );

// Mute timings

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = "january february march april may june july august september october november december".split(" ");

const upTo = (least: number, most: number) =>
  fc
    .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
    .map(([a, b]): [number, number] => (a <= b ? [a, b] : [b, a]));
const spelled = fc.constantFrom(
  (word: string) => word,
  (word: string) => word.toUpperCase(),
  (word: string) => word.charAt(0).toUpperCase() + word.slice(1),
);
/** One value, a range of one value, or a range. */
const rangeText = (range: fc.Arbitrary<[number, number]>, write: fc.Arbitrary<(value: number) => string>) =>
  fc
    .tuple(range, fc.constantFrom("single", "range"), write, write)
    .map(([[from, to], shape, a, b]) => (shape === "single" ? a(from) : `${a(from)}:${b(to)}`));
const weekday = rangeText(
  upTo(0, 6),
  spelled.map((spell) => (value) => spell(WEEKDAYS[value] ?? "")),
);
const month = rangeText(
  upTo(1, 12),
  fc.oneof(
    spelled.map((spell) => (value: number) => spell(MONTHS[value - 1] ?? "")),
    fc.constantFrom(String, (value: number) => String(value).padStart(2, "0")),
  ),
);
const year = rangeText(upTo(1970, 2100), fc.constant(String));
/**
 * A mixed range counts days from the end as in a month of 28 days: a range that can be reversed in February is
 * rejected.
 */
const dayOfMonth = fc.oneof(
  rangeText(
    upTo(1, 31),
    fc.constantFrom(String, (value: number) => String(value).padStart(2, "0")),
  ),
  rangeText(upTo(-31, -1), fc.constant(String)),
  fc.constantFrom("20:-1", "1:-1", "27:-1", "1:-27", "15:-5"),
);
const clock = (minute: number) =>
  `${String(Math.trunc(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const timeOfDay = fc
  .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 1, max: 1440 }))
  .filter(([start, end]) => start < end)
  .map(
    ([start, end]) =>
      ({ start_time: clock(start), end_time: clock(end) }) as NonNullable<TimeInterval["times"]>[number],
  );
const list = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { maxLength: 3 });

const interval: fc.Arbitrary<TimeInterval> = fc.record(
  {
    times: list(timeOfDay),
    weekdays: list(weekday),
    days_of_month: list(dayOfMonth),
    months: list(month),
    years: list(year),
    location: fc.constantFrom(
      "Europe/Berlin",
      "UTC",
      "Local",
      "America/Argentina/Buenos_Aires",
      "Etc/GMT+2",
      "Asia/Calcutta",
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<TimeInterval>;

const timings: fc.Arbitrary<TimingSketch[]> = fc.uniqueArray(
  fc.record({ name, intervals: fc.array(interval, { maxLength: 3 }), sdk }),
  { minLength: 1, maxLength: 3, selector: (one) => one.name },
);

// Contact points

/** Settings with some of the optional ones. */
const settings = (required: Record<string, unknown>, optional: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record(optional, { requiredKeys: [] }).map((some): Record<string, unknown> => ({ ...required, ...some }));
const integration = (type: string, of: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Integration> =>
  fc
    .record({ settings: of, disableResolveMessage: flag }, { requiredKeys: ["settings"] })
    .map((rest) => ({ type, ...rest }));

const messages = { title: text, message: text };
const certificates = fc.record(
  {
    insecureSkipVerify: flag,
    caCertificate: fc.constantFrom(A, B),
    clientCertificate: fc.constant(A),
    clientKey: fc.constant(B),
  },
  { requiredKeys: [] },
);
const webhookAuthorization = fc.oneof(
  fc.constant({}),
  fc.constant({ username: "grafana", password: A }),
  fc.constant({ authorization_scheme: "Bearer", authorization_credentials: B }),
  fc.constant({ authorization_credentials: A }),
);
const webhook = fc
  .tuple(
    webhookAuthorization,
    settings(
      {},
      {
        ...messages,
        httpMethod: fc.constantFrom("POST", "PUT"),
        maxAlerts: fc.constantFrom<number | string>(0, 5, "10", ""),
        headers: fc.dictionary(fc.constantFrom("X-Team", "X-Über", "Accept"), filled, { maxKeys: 2 }),
        tlsConfig: certificates,
        hmacConfig: fc.record(
          {
            secret: fc.constantFrom(A, B),
            header: fc.constant("X-Hmac"),
            timestampHeader: fc.constantFrom("", "X-Time"),
          },
          { requiredKeys: ["secret"] },
        ),
        payload: fc.record(
          { template: filled, vars: fc.dictionary(fc.constantFrom("a", "b"), text, { maxKeys: 2 }) },
          { requiredKeys: ["template"] },
        ),
        unknownToGrafana: fc.constantFrom<unknown>(null, [], {}, [null, { a: null }], 1.5, false),
      },
    ),
    fc.constantFrom<unknown>("http://127.0.0.1:9/hook", URL_A, "{{ .ExternalURL }}"),
  )
  .map(([authorization, rest, url]) => ({ url, ...authorization, ...rest }));

const webhookIntegration = integration("webhook", webhook);

/** A secret, or an empty one, which Grafana does not keep. */
const secretOrEmpty = (value: unknown) => fc.constantFrom(value, "");

const integrations: Readonly<Record<string, fc.Arbitrary<Integration>>> = {
  email: integration(
    "email",
    settings({ addresses: "a@example.com;b@example.com" }, { singleEmail: flag, subject: text, message: text }),
  ),
  slack: integration(
    "slack",
    fc.oneof(
      settings(
        { url: URL_A },
        { token: secretOrEmpty(A), title: text, text, username: text, mentionChannel: fc.constantFrom("", "here") },
      ),
      settings(
        { recipient: "#ops", token: A },
        { url: fc.constant(""), mentionUsers: text, icon_emoji: text, color: text },
      ),
    ),
  ),
  webhook: webhookIntegration,
  pagerduty: integration(
    "pagerduty",
    settings(
      { integrationKey: A },
      {
        severity: text,
        class: text,
        details: fc.dictionary(fc.constantFrom("a", "ü"), text, { maxKeys: 2 }),
        client_url: text,
      },
    ),
  ),
  opsgenie: integration(
    "opsgenie",
    settings(
      { apiKey: A },
      {
        message: text,
        autoClose: flag,
        overridePriority: flag,
        sendTagsAs: fc.constantFrom("tags", "details", "both"),
        responders: fc.constantFrom<unknown>(
          [],
          [
            { type: "team", name: "core" },
            { type: "user", id: "1" },
          ],
        ),
      },
    ),
  ),
  telegram: integration(
    "telegram",
    settings(
      { bottoken: A, chatid: "-100" },
      {
        message: text,
        parse_mode: fc.constantFrom("HTML", "MarkdownV2", "None"),
        disable_notifications: flag,
        message_thread_id: fc.constantFrom("", "7"),
      },
    ),
  ),
  discord: integration(
    "discord",
    settings({ url: URL_A }, { ...messages, use_discord_username: flag, avatar_url: text }),
  ),
  teams: integration("teams", settings({ url: "https://teams.example.com/hook" }, { ...messages, sectiontitle: text })),
  googlechat: integration("googlechat", settings({ url: URL_B }, { ...messages, hide_open_button: flag })),
  pushover: integration(
    "pushover",
    settings(
      { apiToken: A, userKey: B },
      {
        priority: fc.constantFrom<unknown>("1", 0, "-2", ""),
        okPriority: fc.constantFrom("1"),
        retry: fc.constantFrom<unknown>("30", 60),
        sound: text,
        uploadImage: flag,
      },
    ),
  ),
  victorops: integration(
    "victorops",
    settings({ url: URL_A }, { messageType: fc.constantFrom("CRITICAL"), title: text, description: text }),
  ),
  sensugo: integration(
    "sensugo",
    settings({ url: "http://127.0.0.1:9", apikey: A }, { entity: text, check: text, namespace: text }),
  ),
  threema: integration(
    "threema",
    settings({ gateway_id: "*1234567", recipient_id: "12345678", api_secret: A }, { title: text, description: text }),
  ),
  line: fc
    .tuple(
      fc.constantFrom("line", "LINE", "Line"),
      integration("line", settings({ token: A }, { title: text, description: text })),
    )
    .map(([type, one]) => ({ ...one, type })),
  kafka: integration(
    "kafka",
    settings(
      { kafkaRestProxy: "http://127.0.0.1:9", kafkaTopic: "alerts" },
      { username: text, password: secretOrEmpty(A), apiVersion: fc.constantFrom("v2"), description: text },
    ),
  ),
  alertmanager: integration(
    "prometheus-alertmanager",
    settings({ url: "http://127.0.0.1:9093" }, { basicAuthUser: text, basicAuthPassword: secretOrEmpty(B) }),
  ),
  wecom: integration(
    "wecom",
    fc.oneof(
      settings({ url: URL_A }, { ...messages, msgtype: fc.constantFrom("markdown", "text") }),
      settings({ secret: A, agent_id: "1", corp_id: "2" }, { touser: text }),
    ),
  ),
  webex: integration(
    "webex",
    settings(
      { bot_token: A, room_id: "room" },
      { message: text, api_url: fc.constant("https://webexapis.com/v1/messages") },
    ),
  ),
  mqtt: integration(
    "mqtt",
    settings(
      { brokerUrl: "tcp://127.0.0.1:1883", topic: "alerts/ü" },
      {
        clientId: text,
        username: text,
        password: secretOrEmpty(A),
        messageFormat: fc.constantFrom("json", "text"),
        qos: fc.constantFrom<unknown>("1", 2),
        retain: flag,
        tlsConfig: certificates,
      },
    ),
  ),
  sns: integration(
    "sns",
    settings(
      {
        topic_arn: "arn:aws:sns:eu-central-1:123456789012:alerts",
        sigv4: { region: "eu-central-1", access_key: A, secret_key: B },
      },
      { subject: text, message: text, attributes: fc.dictionary(fc.constantFrom("a"), text) },
    ),
  ),
  oncall: integration(
    "oncall",
    fc.oneof(
      settings(
        { url: "http://127.0.0.1:9/oncall", username: "u", password: A },
        { maxAlerts: fc.constantFrom<unknown>(5, "5") },
      ),
      settings({ url: URL_A, authorization_scheme: "Bearer", authorization_credentials: B }, messages),
    ),
  ),
  dingding: integration(
    "dingding",
    settings({ url: URL_A }, { msgType: fc.constantFrom("link", "actionCard"), ...messages }),
  ),
  jira: integration(
    "jira",
    settings(
      { api_url: "https://jira.example.com", project: "OPS", issue_type: "Bug" },
      {
        summary: text,
        labels: fc.constantFrom([], ["a", "ü"]),
        fields: fc.constantFrom({}, { customfield_1: { value: null } }),
        reopen_duration: fc.constantFrom("90m", ""),
      },
    ).chain((base) =>
      fc.constantFrom(
        { ...base, user: "u", password: A },
        { ...base, api_token: B },
        { ...base, api_token: B, password: "" },
      ),
    ),
  ),
};

/** Grafana ignores the case of types. */
const anyIntegration = fc
  // Grafana returns the secret of a webhook, so two webhooks in one contact point must be distinguishable.
  .tuple(
    fc.oneof({ weight: 6, arbitrary: webhookIntegration }, ...Object.values(integrations)),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([one, chance]) =>
    chance === 0 ? { ...one, type: one.type.charAt(0).toUpperCase() + one.type.slice(1) } : one,
  );

const points: fc.Arbitrary<PointSketch[]> = fc.uniqueArray(
  fc.record({ name, integrations: fc.array(anyIntegration, { minLength: 1, maxLength: 4 }), sdk }),
  { minLength: 1, maxLength: 3, selector: (one) => one.name },
);

// Policies

const matcher: fc.Arbitrary<Matcher> = fc
  .tuple(
    fc.constantFrom("severity", "team", "größe", "with space", "a.b"),
    fc.constantFrom<Matcher[1]>("=", "!=", "=~", "!~"),
    fc.constantFrom("critical", "a|b", "prod.*", "", '["]quoted["]', 'in"side', "^x$", "Ü ✓", "back\\\\slash"),
  )
  .map(([label, operator, value]) => [label, operator, value] as const);

const routeFields = {
  receiver: place,
  object_matchers: fc.array(matcher, { maxLength: 3 }),
  continue: flag,
  group_by: groupBy,
  group_wait: durationOrZero,
  group_interval: duration,
  repeat_interval: duration,
  mute: timingPlaces,
  active: timingPlaces,
};

const route: fc.Arbitrary<RouteSketch> = fc.letrec<{ route: RouteSketch }>((tie) => ({
  route: fc.record(
    { ...routeFields, sdk, routes: fc.array(tie("route"), { maxLength: 3, depthIdentifier: "route" }) },
    { requiredKeys: ["sdk"] },
  ),
})).route;

const policy: fc.Arbitrary<RouteSketch> = fc
  .record(
    {
      receiver: place,
      group_by: groupBy,
      group_wait: durationOrZero,
      group_interval: duration,
      repeat_interval: duration,
      routes: fc.array(route, { maxLength: 3 }),
      sdk,
    },
    { requiredKeys: ["receiver", "sdk"] },
  )
  .map((tree) => upToDepth(tree, 4));

function upToDepth(tree: RouteSketch, depth: number): RouteSketch {
  const { routes, ...rest } = tree;
  return routes && depth > 0 ? { ...rest, routes: routes.map((one) => upToDepth(one, depth - 1)) } : rest;
}

// Rules

/** Additional properties that the query of any datasource can have. */
const oddities = fc.record(
  {
    intervalMs: fc.constantFrom<unknown>(1000, 0, null, 15_000, "15s", 0.5),
    maxDataPoints: fc.constantFrom<unknown>(43_200, 0, null, 100, "100"),
    refId: fc.constantFrom<unknown>("A", "other", "", null, 7),
    hide: flag,
    legendFormat: text,
    nothing: fc.constant(null),
    nested: fc.constantFrom<unknown>({ a: null, b: [null, { c: null }] }, [], {}, [[]], { ü: "✓" }, 1e21, -0, 1.5e-7),
    datasource: fc.constantFrom({ type: "prometheus", uid: "prom" }, { uid: null }),
    queryType: fc.constantFrom("range", "instant", ""),
  },
  { requiredKeys: [] },
);
const asked = fc
  .tuple(
    fc.constantFrom<[number, Record<string, unknown>]>(
      [0, { expr: 'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) > 0', instant: true, range: false }],
      [0, { expr: "vector(1)", exemplar: false, editorMode: "code" }],
      [1, { expr: '{app="fastapi"} |= "error ✓"', maxLines: 100 }],
      [2, { scenarioId: "csv_content", csvContent: "a,b\n1,2\n" }],
      [2, {}],
    ),
    oddities,
    fc
      .record({
        relativeTimeRange: fc.constantFrom(
          { from: 600, to: 0 },
          { from: 3600, to: 60 },
          { from: 86_400, to: 1.9 },
          { from: 1.5, to: 0 },
        ),
        queryType: fc.constantFrom("", "range", "instant"),
      })
      .map(({ queryType, ...range }) => (queryType === "" ? range : { ...range, queryType })),
  )
  .map(([[source, model], odd, rest]) => ({ source, ...rest, model: { ...model, ...odd } }));

const evaluator = fc.oneof(
  fc.record({
    type: fc.constantFrom("gt", "lt", "gte", "lte", "eq", "ne"),
    params: fc.constantFrom([0], [1.5], [-3, 0]),
  }),
  fc.record({
    type: fc.constantFrom("within_range", "outside_range", "within_range_included", "outside_range_included"),
    params: fc.constantFrom([1, 5], [-1.5, 0]),
  }),
);
/** Expressions, as functions of the names that they can use. */
const expression = fc.oneof(
  fc.constantFrom("$A + 1", "${A} * 2", "abs($A) > 0 || is_nan($A)").map((text) => (input: string) => ({
    type: "math",
    expression: text.replace("A", input).replace("$A", `$${input}`),
  })),
  fc
    .record(
      {
        reducer: fc.constantFrom("last", "mean", "max", "count", "median"),
        settings: fc.constantFrom<Record<string, unknown>>(
          {},
          { mode: "" },
          { mode: "dropNN" },
          { mode: "replaceNN", replaceWithValue: 0 },
        ),
      },
      { requiredKeys: ["reducer"] },
    )
    .map((rest) => (input: string) => ({ type: "reduce", expression: input, ...rest })),
  fc
    .record({
      window: fc.constantFrom("10s", "1m", "1h"),
      downsampler: fc.constantFrom("mean", "last"),
      upsampler: fc.constantFrom("pad", "backfilling", "fillna"),
    })
    .map((rest) => (input: string) => ({ type: "resample", expression: input, ...rest })),
  fc
    .record({ evaluator, unloadEvaluator: fc.oneof(fc.constant(undefined), evaluator) })
    .map(({ evaluator, unloadEvaluator }) => (input: string) => ({
      type: "threshold",
      expression: input,
      conditions: [{ evaluator, ...(unloadEvaluator ? { unloadEvaluator, loadedDimensions: {} } : {}) }],
    })),
  fc
    .array(
      fc.record({ evaluator, operator: fc.constantFrom("and", "or"), reducer: fc.constantFrom("avg", "last", "diff") }),
      {
        minLength: 1,
        maxLength: 2,
      },
    )
    .map((conditions) => (input: string) => ({
      type: "classic_conditions",
      conditions: conditions.map(({ evaluator, operator, reducer }) => ({
        type: "query",
        evaluator,
        operator: { type: operator },
        reducer: { type: reducer, params: [] },
        query: { params: [input, "5m", "now"] },
      })),
    })),
  fc.constant((input: string) => ({ type: "sql", expression: `SELECT avg(value) FROM ${input}`, format: "alerting" })),
);

/** One or two queries, and expressions that each use one of the previous ones. */
const data: fc.Arbitrary<QuerySketch[]> = fc
  .record({
    queries: fc.array(asked, { minLength: 1, maxLength: 2 }),
    expressions: fc.array(fc.tuple(expression, place, oddities), { maxLength: 3 }),
  })
  .map(({ queries, expressions }) => {
    const all: QuerySketch[] = [];
    const refId = () => "ABCDEFGH".charAt(all.length);
    for (const query of queries) all.push({ refId: refId(), ...query });
    for (const [make, at, odd] of expressions) {
      const input = all[at % all.length]?.refId ?? "A";
      const { intervalMs, maxDataPoints } = odd;
      all.push({
        refId: refId(),
        model: {
          ...make(input),
          ...(intervalMs === undefined ? {} : { intervalMs }),
          ...(maxDataPoints === undefined ? {} : { maxDataPoints }),
        },
      });
    }
    return all;
  });

const labels = fc.dictionary(fc.constantFrom("severity", "team", "größe", "with space"), text, { maxKeys: 3 });
const annotations = fc.oneof(
  fc.dictionary(fc.constantFrom("summary", "runbook_url", "ü"), text, { maxKeys: 3 }),
  fc.constant({ __dashboardUid__: "service", __panelId__: "7", summary: "{{ $values.A }}" }),
);

const rule: fc.Arbitrary<RuleSketch> = fc
  .record(
    {
      title: fc.constantFrom("Down", "Slow: ü ✓", " padded ", "50% of / errors", "Latency", "Queue", "Disk"),
      uid: flag,
      data,
      labels,
      annotations,
      isPaused: flag,
      alert: fc.record(
        {
          for: durationOrZero,
          keep_firing_for: durationOrZero,
          noDataState: fc.constantFrom("NoData", "Alerting", "OK", "KeepLast"),
          execErrState: fc.constantFrom("Error", "Alerting", "OK", "KeepLast"),
          missingSeriesEvalsToResolve: fc.integer({ min: 1, max: 5 }),
        },
        { requiredKeys: [] },
      ),
      settings: fc.record(
        {
          receiver: place,
          group_by: groupBy,
          group_wait: durationOrZero,
          group_interval: duration,
          repeat_interval: duration,
          mute: timingPlaces,
          active: timingPlaces,
        },
        { requiredKeys: ["receiver"] },
      ),
      record: fc.record({
        metric: fc.constantFrom("job:errors:rate5m", "up_total"),
        target: fc.constantFrom(0, 0, undefined),
      }),
      records: fc.integer({ min: 0, max: 3 }),
      sdk,
    },
    { requiredKeys: ["title", "uid", "data", "record", "records", "sdk"] },
  )
  .map(({ uid, alert, settings, record, records, ...common }): RuleSketch => {
    const last = common.data.at(-1)?.refId ?? "A";
    const base = { ...common, ...(uid ? { uid: slug(common.title) } : {}) };
    if (records === 0) {
      const { metric, target } = record;
      return { ...base, record: { metric, from: last, ...(target === undefined ? {} : { target }) } };
    }
    return { ...base, alert: { condition: last, ...alert }, ...(settings ? { settings } : {}) };
  });

function slug(title: string): string {
  return `rule-${title.toLowerCase().replaceAll(/[^a-z]/g, "")}`;
}

/** Rules are identified by their titles. Their group differs between set-ups. */
const groups: fc.Arbitrary<GroupSketch[]> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(rule, fc.nat({ max: 2 })), {
      minLength: 1,
      maxLength: 4,
      selector: ([{ title }]) => title,
    }),
    fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 }), fc.nat({ max: 1 })),
    fc.array(fc.constantFrom(10, 60, 300, 3600, 5400), { minLength: 3, maxLength: 3 }),
  )
  .map(([rules, folders, intervals]) =>
    ["critical", "a / b ü", " x "].flatMap((title, index) => {
      const own = rules.filter(([, group]) => group === index).map(([one]) => one);
      return own.length === 0
        ? []
        : [{ title, folder: folders[index] ?? 0, interval: intervals[index] ?? 60, rules: own }];
    }),
  );

export const setUp = (real: boolean): fc.Arbitrary<SetUp> =>
  fc.record({ templates: templates(real), timings, points, policy, groups });

// Building

export interface Surroundings {
  /** A name that no other run uses. */
  readonly name: (stem: string) => string;
  readonly datasources: readonly (Datasource & { readonly uid: string })[];
}

/** All resources of a set-up, including folders and datasources. */
export function build(sketch: SetUp, { name, datasources }: Surroundings): { kind: string }[] {
  // The suffix that makes a name unique to this run comes first, because white space at the end of a name is
  // significant.
  const own = (stem: string) => `${name("t")} ${stem}`;
  const folders = [0, 1].map((index) => folder({ uid: name(`alerts${index}`), title: name(`Alerts ${index}`) }));
  const made = {
    templates: sketch.templates.map((one) => templateOf(one, own(one.name))),
    timings: sketch.timings.map((one) => timingOf(one, own(one.name))),
  };
  const points = sketch.points.map((one) => pointOf(one, own(one.name), made.templates));
  const among: Among = { ...made, points, datasources };
  const policy = notificationPolicy({
    ...routeOf(sketch.policy, among),
    receiver: at(points, sketch.policy.receiver ?? 0),
  });
  const groups = sketch.groups.map(({ folder: inside, title, interval, rules }) =>
    ruleGroup({
      folder: at(folders, inside),
      title,
      interval,
      rules: rules.map((one) => ruleOf(one, among, name)),
    }),
  );
  return [...folders, ...datasources, ...made.templates, ...made.timings, ...points, policy, ...groups];
}

interface Among {
  readonly timings: readonly MuteTiming[];
  readonly points: readonly ContactPoint[];
  readonly datasources: readonly (Datasource & { readonly uid: string })[];
}

function at<Item>(list: readonly Item[], index: number): Item {
  const item = list[index % list.length];
  if (item === undefined) throw new Error("the list is empty");
  return item;
}

/** A choice of several values, each at most once. */
function chosen<Item>(list: readonly Item[], places: readonly number[]): Item[] {
  return [...new Set(places.map((index) => at(list, index)))];
}

function templateOf({ template, sdk }: TemplateSketch, name: string): MessageTemplate {
  return messageTemplate(sdk ? new NotificationTemplateBuilder().name(name).template(template) : { name, template });
}

function timingOf({ intervals, sdk }: TimingSketch, name: string): MuteTiming {
  if (!sdk) return muteTiming({ name, time_intervals: intervals });
  return muteTiming(new MuteTimingBuilder().name(name).timeIntervals(intervals.map(intervalBuilder)));
}

/** The builder accepts numbers. */
function intervalBuilder({
  times,
  weekdays,
  days_of_month: days,
  months,
  years,
  location,
}: TimeInterval): TimeIntervalBuilder {
  const builder = new TimeIntervalBuilder();
  const ends = (range: string, read: (text: string) => number): [number, number] => {
    const [from = "", to = from] = range.toLowerCase().split(":");
    return [read(from), read(to)];
  };
  const monthNumber = (text: string) => (MONTHS.includes(text) ? MONTHS.indexOf(text) + 1 : Number(text));
  if (times) builder.times(times.map((one) => new TimeRangeBuilder().from(one.start_time).to(one.end_time)));
  if (weekdays) {
    const ranges = weekdays.map((range) => ends(range, (day) => WEEKDAYS.indexOf(day)));
    builder.weekdays(ranges.map(([from, to]) => new WeekdayRangeBuilder().begin(from).end(to)));
  }
  if (days) {
    const ranges = days.map((range) => ends(range, Number));
    builder.daysOfMonth(ranges.map(([from, to]) => new DayOfMonthRangeBuilder().begin(from).end(to)));
  }
  if (months) {
    const ranges = months.map((range) => ends(range, monthNumber));
    builder.months(ranges.map(([from, to]) => new MonthRangeBuilder().begin(from).end(to)));
  }
  if (years) {
    const ranges = years.map((range) => ends(range, Number));
    builder.years(ranges.map(([from, to]) => new YearRangeBuilder().begin(from).end(to)));
  }
  return location === undefined ? builder : builder.location(location);
}

function pointOf(
  { integrations, sdk }: PointSketch,
  name: string,
  templates: readonly MessageTemplate[],
): ContactPoint {
  return contactPoint({
    name,
    integrations: integrations.map((one) => (sdk ? integrationBuilder(one) : one)),
    ...(templates.length > 0 ? { templates } : {}),
  });
}

function integrationBuilder({ type, settings, disableResolveMessage }: Integration): ContactPointBuilder {
  // The builder's type has fewer values than Grafana accepts.
  const builder = new ContactPointBuilder().settings(settings).type(type as "webhook");
  return disableResolveMessage === undefined ? builder : builder.disableResolveMessage(disableResolveMessage);
}

function routeOf(sketch: RouteSketch, among: Among): Route {
  const { receiver, mute, active, routes, sdk, ...plain } = sketch;
  const own: Route = {
    ...plain,
    ...(receiver === undefined ? {} : { receiver: at(among.points, receiver) }),
    ...(mute ? { mute_time_intervals: chosen(among.timings, mute) } : {}),
    ...(active ? { active_time_intervals: chosen(among.timings, active) } : {}),
    ...(routes ? { routes: routes.map((one) => routeOf(one, among)) } : {}),
  };
  return sdk ? builtRoute(own) : own;
}

/** The same with the builder, which has objects for matchers and names for resources. */
function builtRoute(route: Route): Route {
  const builder = new NotificationPolicyBuilder();
  const names = (list: readonly { name: string }[]) => list.map((one) => one.name);
  if (route.receiver) builder.receiver(route.receiver.name);
  if (route.continue !== undefined) builder.continueVal(route.continue);
  if (route.group_by) builder.groupBy([...route.group_by]);
  if (route.group_wait) builder.groupWait(route.group_wait);
  if (route.group_interval) builder.groupInterval(route.group_interval);
  if (route.repeat_interval) builder.repeatInterval(route.repeat_interval);
  if (route.mute_time_intervals) builder.muteTimeIntervals(names(route.mute_time_intervals));
  if (route.active_time_intervals) builder.activeTimeIntervals(names(route.active_time_intervals));
  const built = builder.build() as unknown as Route;
  const spelled = route.object_matchers
    ? { matchers: route.object_matchers.map(([Name, Type, Value]) => ({ Name, Type, Value })) }
    : {};
  return { ...built, ...spelled, ...(route.routes ? { routes: route.routes } : {}) };
}

function ruleOf(sketch: RuleSketch, among: Among, name: (stem: string) => string) {
  const { alert, record, settings, data, sdk, uid, ...common } = sketch;
  const base = {
    ...common,
    ...(uid === undefined ? {} : { uid: name(uid) }),
    data: data.map((one) => queryOf(one, among)),
  };
  if (record) {
    const { target, ...rest } = record;
    const uid = target === undefined ? {} : { target_datasource_uid: at(among.datasources, target).uid };
    return { ...base, record: { ...rest, ...uid } } satisfies RecordingRule;
  }
  const plain: AlertRule = {
    ...base,
    condition: alert?.condition ?? "A",
    ...alert,
    ...(settings ? { notification_settings: settingsOf(settings, among) } : {}),
  };
  return sdk ? ruleBuilder(plain, data, among) : plain;
}

function queryOf({ source, ...query }: QuerySketch, { datasources }: Among): RuleQuery {
  return { ...query, ...(source === undefined ? {} : { datasource: at(datasources, source) }) };
}

function settingsOf(
  { receiver, mute, active, ...plain }: SettingsSketch,
  among: Among,
): NonNullable<AlertRule["notification_settings"]> {
  return {
    ...plain,
    receiver: at(among.points, receiver),
    ...(mute ? { mute_time_intervals: chosen(among.timings, mute) } : {}),
    ...(active ? { active_time_intervals: chosen(among.timings, active) } : {}),
  };
}

function ruleBuilder(rule: AlertRule, data: readonly QuerySketch[], { datasources }: Among): RuleBuilder {
  const builder = new RuleBuilder(rule.title).condition(rule.condition).queries(
    data.map(({ refId, source, relativeTimeRange, queryType, model }) => {
      const query = new QueryBuilder(refId)
        .datasourceUid(source === undefined ? "__expr__" : at(datasources, source).uid)
        .model({ build: () => model as unknown as Dataquery });
      if (queryType !== undefined) query.queryType(queryType);
      return relativeTimeRange ? query.relativeTimeRange(relativeTimeRange) : query;
    }),
  );
  if (rule.uid !== undefined) builder.uid(rule.uid);
  if (rule.for !== undefined) builder.forDuration(rule.for);
  if (rule.keep_firing_for !== undefined) builder.keepFiringFor(rule.keep_firing_for);
  if (rule.noDataState) builder.noDataState(rule.noDataState);
  if (rule.execErrState) builder.execErrState(rule.execErrState);
  if (rule.missingSeriesEvalsToResolve) builder.missingSeriesEvalsToResolve(rule.missingSeriesEvalsToResolve);
  if (rule.labels) builder.labels(rule.labels);
  if (rule.annotations) builder.annotations(rule.annotations);
  if (rule.isPaused !== undefined) builder.isPaused(rule.isPaused);
  const own = rule.notification_settings;
  if (!own) return builder;
  const settings = new NotificationSettingsBuilder().receiver(own.receiver.name).groupBy([...(own.group_by ?? [])]);
  if (own.group_wait !== undefined) settings.groupWait(own.group_wait);
  if (own.group_interval !== undefined) settings.groupInterval(own.group_interval);
  if (own.repeat_interval !== undefined) settings.repeatInterval(own.repeat_interval);
  if (own.mute_time_intervals) settings.muteTimeIntervals(own.mute_time_intervals.map((one) => one.name));
  if (own.active_time_intervals) settings.activeTimeIntervals(own.active_time_intervals.map((one) => one.name));
  return builder.notificationSettings(settings);
}

// Edits

/** A set-up with one property changed, and the expected differences in the plan. */
export interface Edit {
  readonly kind: string;
  readonly path: RegExp;
  readonly next: SetUp;
}

/** Values that no arbitrary above generates. */
const NEW = { duration: "4242ms", text: "changed" } as const;
const OTHER_SECRET = new Map<unknown, unknown>([
  [A, B],
  [B, A],
  [URL_A, URL_B],
  [URL_B, URL_A],
]);

/** All properties of a set-up that `edit` can change. */
export function edits(from: SetUp): Edit[] {
  return [
    ...replaced(from.templates, ({ template, ...one }) => [
      { kind: "message-template", path: /^template$/, next: { ...one, template: `{{/* changed */}}\n${template}` } },
    ]).map((edit) => ({ ...edit, next: { ...from, templates: edit.next } })),
    ...replaced(from.timings, timingEdits).map((edit) => ({ ...edit, next: { ...from, timings: edit.next } })),
    ...replaced(from.points, pointEdits).map((edit) => ({ ...edit, next: { ...from, points: edit.next } })),
    ...routeEdits(from.policy, from, true).map((edit) => ({ ...edit, next: { ...from, policy: edit.next } })),
    ...replaced(from.groups, (group) => groupEdits(group, from)).map((edit) => ({
      ...edit,
      next: { ...from, groups: edit.next },
    })),
  ];
}

interface EditOf<Item> extends Omit<Edit, "next"> {
  readonly next: Item;
}

/** The edits of all items, as edits of their list. */
function replaced<Item>(items: readonly Item[], of: (item: Item) => EditOf<Item>[]): EditOf<readonly Item[]>[] {
  return items.flatMap((item, index) => of(item).map((edit) => ({ ...edit, next: items.with(index, edit.next) })));
}

function timingEdits(timing: TimingSketch): EditOf<TimingSketch>[] {
  const kind = "mute-timing";
  const { intervals } = timing;
  const inside = (index: number, path: string, next: TimeInterval): EditOf<TimingSketch> => ({
    kind,
    path: new RegExp(`^time_intervals\\[${index}\\]\\.${path}$`),
    next: { ...timing, intervals: intervals.with(index, next) },
  });
  const appended = { ...timing, intervals: [...intervals, { years: ["1969" as const] }] };
  return [
    { kind, path: new RegExp(`^time_intervals\\[${intervals.length}\\]$`), next: appended },
    ...intervals.flatMap((one, index) => {
      const [first, ...others] = one.times ?? [];
      const later = first && first.end_time !== "24:00" ? { ...first, end_time: "24:00" as const } : undefined;
      return [
        inside(index, "years", { ...one, years: ["1969"] }),
        inside(index, "location", { ...one, location: "Asia/Tokyo" }),
        ...(later ? [inside(index, "times", { ...one, times: [later, ...others] })] : []),
      ];
    }),
  ];
}

function pointEdits(point: PointSketch): EditOf<PointSketch>[] {
  const kind = "contact-point";
  const { integrations } = point;
  const changed = replaced(integrations, (one): EditOf<Integration>[] => {
    const { disableResolveMessage, ...rest } = one;
    const secrets = Object.entries(one.settings).flatMap(([key, value]) => {
      const other = OTHER_SECRET.get(value);
      return other === undefined
        ? []
        : [{ kind, path: /^secrets$/, next: { ...one, settings: { ...one.settings, [key]: other } } }];
    });
    const texts = Object.entries(one.settings).flatMap(([key, value]) =>
      TEXTS.has(key) && typeof value === "string"
        ? [{ kind, path: settingPath(key), next: { ...one, settings: { ...one.settings, [key]: NEW.text } } }]
        : [],
    );
    return [
      {
        kind,
        path: /^integrations\[uid=[\w-]+\]\.disableResolveMessage$/,
        next: disableResolveMessage === true ? rest : { ...one, disableResolveMessage: true },
      },
      { kind, path: settingPath("added"), next: { ...one, settings: { ...one.settings, added: NEW.text } } },
      ...secrets,
      ...texts,
    ];
  });
  const email: Integration = { type: "email", settings: { addresses: "new@example.com" } };
  return [
    ...changed.map((edit) => ({ ...edit, next: { ...point, integrations: edit.next } })),
    { kind, path: /^integrations\[uid=[\w-]+\]$/, next: { ...point, integrations: [...integrations, email] } },
  ];
}

/** Settings that accept any text. */
const TEXTS = new Set(["message", "title", "description", "subject", "text", "summary", "touser", "entity"]);

function settingPath(key: string): RegExp {
  return new RegExp(`^integrations\\[uid=[\\w-]+\\]\\.settings\\.${key}$`);
}

function routeEdits(route: RouteSketch, within: SetUp, isRoot: boolean): EditOf<RouteSketch>[] {
  const kind = "notification-policy";
  const field = (path: string, next: Partial<RouteSketch>): EditOf<RouteSketch> => ({
    kind,
    path: new RegExp(`^(routes\\[.*\\]\\.)?${path}$`),
    next: { ...route, ...next },
  });
  const { routes = [], object_matchers: matchers = [] } = route;
  const own = [
    field("group_by", { group_by: [NEW.text] }),
    field("group_wait", { group_wait: NEW.duration }),
    field("group_interval", { group_interval: NEW.duration }),
    field("repeat_interval", { repeat_interval: NEW.duration }),
    field("routes(\\[.*\\])?", { routes: [...routes, { object_matchers: [[NEW.text, "=", ""]], sdk: false }] }),
  ];
  const nested = [
    field("continue", { continue: route.continue !== true }),
    ...(route.receiver === undefined ? [field("receiver", { receiver: 0 })] : []),
    ...(route.mute?.length
      ? [field("mute_time_intervals", { mute: [] })]
      : [field("mute_time_intervals", { mute: [0] })]),
    ...(route.active?.length
      ? [field("active_time_intervals", { active: [] })]
      : [field("active_time_intervals", { active: [1] })]),
    field("object_matchers", { object_matchers: [...matchers, [NEW.text, "!~", "x.*"]] }),
  ];
  const receiver =
    route.receiver !== undefined && within.points.length > 1
      ? [field("receiver", { receiver: route.receiver + 1 })]
      : [];
  const below = replaced(routes, (one) => routeEdits(one, within, false));
  return [
    ...own,
    ...receiver,
    ...(isRoot ? [] : nested),
    ...below.map((edit) => ({ ...edit, next: { ...route, routes: edit.next } })),
  ];
}

function groupEdits(group: GroupSketch, within: SetUp): EditOf<GroupSketch>[] {
  const kind = "rule-group";
  const { rules } = group;
  const order =
    rules.length > 1 ? [{ kind, path: /^rules\[order\]$/, next: { ...group, rules: rules.toReversed() } }] : [];
  return [
    { kind, path: /^interval$/, next: { ...group, interval: group.interval + 10 } },
    ...order,
    ...replaced(rules, (rule) => ruleEdits(rule, within)).map((edit) => ({
      ...edit,
      next: { ...group, rules: edit.next },
    })),
  ];
}

function ruleEdits(rule: RuleSketch, within: SetUp): EditOf<RuleSketch>[] {
  const field = (path: string, next: Partial<RuleSketch>): EditOf<RuleSketch> => ({
    kind: "rule-group",
    path: new RegExp(`^rules\\[uid=[\\w-]+\\]\\.${path}$`),
    next: { ...rule, ...next },
  });
  const { alert, record, settings, data } = rule;
  const query = { source: 0, relativeTimeRange: { from: 777, to: 7 }, model: { expr: NEW.text } };
  return [
    field("labels(\\.changed)?", { labels: { ...rule.labels, changed: NEW.text } }),
    field("annotations(\\.changed)?", { annotations: { ...rule.annotations, changed: NEW.text } }),
    field("isPaused", { isPaused: rule.isPaused !== true }),
    field("data\\[refId=Z\\]", { data: [...data, { refId: "Z", ...query }] }),
    ...(rule.uid === undefined ? [] : [field("title", { title: `${rule.title} ${NEW.text}` })]),
    ...replaced(data, (one) => queryEdits(one)).map((edit) => ({ ...edit, next: { ...rule, data: edit.next } })),
    ...(record ? [field("record\\.metric", { record: { ...record, metric: NEW.text } })] : []),
    ...(record?.target === undefined && record
      ? [field("record\\.target_datasource_uid", { record: { ...record, target: 0 } })]
      : []),
    ...(alert ? alertEdits(alert, field) : []),
    ...(settings ? settingsEdits(settings, within, field) : []),
    ...(alert && !settings ? [field("notification_settings", { settings: { receiver: 0 } })] : []),
  ];
}

type Field = (path: string, next: Partial<RuleSketch>) => EditOf<RuleSketch>;

function alertEdits(alert: NonNullable<RuleSketch["alert"]>, field: Field): EditOf<RuleSketch>[] {
  // The builder has defaults, so both sides set these values explicitly.
  const { noDataState, execErrState } = alert;
  return [
    field("for", { alert: { ...alert, for: NEW.duration } }),
    field("keep_firing_for", { alert: { ...alert, keep_firing_for: NEW.duration } }),
    field("missingSeriesEvalsToResolve", { alert: { ...alert, missingSeriesEvalsToResolve: 42 } }),
    ...(noDataState
      ? [field("noDataState", { alert: { ...alert, noDataState: noDataState === "OK" ? "KeepLast" : "OK" } })]
      : []),
    ...(execErrState
      ? [field("execErrState", { alert: { ...alert, execErrState: execErrState === "OK" ? "KeepLast" : "OK" } })]
      : []),
  ];
}

function settingsEdits(settings: SettingsSketch, within: SetUp, field: Field): EditOf<RuleSketch>[] {
  const inside = (name: string, next: Partial<SettingsSketch>) =>
    field(`notification_settings\\.${name}`, { settings: { ...settings, ...next } });
  return [
    inside("group_by", { group_by: [NEW.text] }),
    inside("group_wait", { group_wait: NEW.duration }),
    inside("group_interval", { group_interval: NEW.duration }),
    inside("repeat_interval", { repeat_interval: NEW.duration }),
    inside("mute_time_intervals", { mute: settings.mute?.length ? [] : [0] }),
    inside("active_time_intervals", { active: settings.active?.length ? [] : [0] }),
    ...(within.points.length > 1 ? [inside("receiver", { receiver: settings.receiver + 1 })] : []),
    field("notification_settings", { settings: undefined as never }),
  ];
}

function queryEdits(query: QuerySketch): EditOf<QuerySketch>[] {
  const field = (path: string, next: Partial<QuerySketch>): EditOf<QuerySketch> => ({
    kind: "rule-group",
    path: new RegExp(`^rules\\[uid=[\\w-]+\\]\\.data\\[refId=${query.refId}\\]\\.${path}$`),
    next: { ...query, ...next },
  });
  const range = query.relativeTimeRange;
  return [
    field("model\\.added", { model: { ...query.model, added: { deep: [null, NEW.text] } } }),
    field("model\\.intervalMs", { model: { ...query.model, intervalMs: 4242 } }),
    ...(range ? [field("relativeTimeRange", { relativeTimeRange: { ...range, from: 100_000 } })] : []),
  ];
}
