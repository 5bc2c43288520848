import {
  contactPoint,
  dashboard,
  datasource,
  existing,
  folder,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  ruleGroup,
  type AlertRule,
  type LibraryPanel,
  type NotificationPolicy,
  type PlainPanel,
} from "grafana-provision";
import { promqlQuery } from "../helpers/schema-v2.ts";

// Resources that each rule reports, and similar ones that it does not report.

export interface RuleCase {
  readonly rule: string;
  readonly what: string;
  readonly resources: readonly object[];
  /** The paths of the findings of this rule. Empty: none. */
  readonly paths: readonly string[];
  readonly settings?: { readonly scrapeInterval?: string };
}

const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus" });
const fast = datasource({ uid: "fast", name: "Fast", type: "prometheus", jsonData: { timeInterval: "5s" } });
const loki = datasource({ uid: "loki", name: "Loki", type: "loki" });
const tempo = datasource({ uid: "tempo", name: "Tempo", type: "tempo" });
const jaeger = datasource({ uid: "jaeger", name: "Jaeger", type: "jaeger" });
const shop = folder({ uid: "shop", title: "Shop" });
const chat = contactPoint({
  name: "chat",
  integrations: [{ type: "webhook", settings: { url: "https://chat.example" } }],
});
const pager = contactPoint({
  name: "pager",
  integrations: [{ type: "webhook", settings: { url: "https://pager.example" } }],
});

const scene = (...args: Parameters<typeof board>): readonly object[] => [board(...args), prometheus];
const EXPR = "spec.panels[0].targets[0].expr";

interface BoardParts {
  readonly variables?: readonly object[];
  readonly links?: readonly object[];
  readonly annotations?: readonly object[];
  readonly uid?: string;
  readonly title?: string;
}

/** A panel that no rule reports. */
function panel(more: Readonly<Record<string, unknown>>): PlainPanel {
  return { type: "timeseries", title: "Requests", description: "All of them.", datasource: prometheus.ref, ...more };
}

function board(panels: readonly PlainPanel[], { variables, annotations, ...rest }: BoardParts = {}): object {
  const { uid = "shop", title = "Shop", links = [] } = rest;
  return dashboard({
    uid,
    folder: shop,
    spec: {
      title,
      panels: panels.map((one, index) => ({ id: index + 1, gridPos: { x: 0, y: 8 * index, w: 12, h: 8 }, ...one })),
      links,
      ...(variables ? { templating: { list: variables } } : {}),
      ...(annotations ? { annotations: { list: annotations } } : {}),
    },
  });
}

function sharedPanel(expr: string): LibraryPanel {
  const targets = [{ refId: "A", expr }];
  return libraryPanel({ uid: "shared", name: "Shared", model: panel({ targets }) });
}

/** A dashboard with a variable that shows a library panel. */
function sharedBoard(shared: LibraryPanel): object {
  const shown = { libraryPanel: shared, gridPos: { x: 0, y: 0, w: 12, h: 8 } };
  return dashboard({
    uid: "shop",
    folder: shop,
    spec: { title: "Shop", panels: [shown], templating: { list: [region] } },
  });
}

function query(
  expr: string,
  source: { readonly ref: object } = prometheus,
  more: Readonly<Record<string, unknown>> = {},
): readonly object[] {
  const target = { refId: "A", expr, datasource: source.ref };
  return [
    board([
      panel({ datasource: source.ref, targets: [target], fieldConfig: { defaults: { unit: "reqps" } }, ...more }),
    ]),
    prometheus,
    loki,
    fast,
  ];
}

const ANNOTATIONS = { summary: "Requests fail", runbook_url: "https://wiki.example/requests" };

function rules(...given: readonly Partial<AlertRule>[]): object {
  return ruleGroup({
    folder: shop,
    title: "shop",
    interval: 60,
    rules: given.map((one, index) => ({
      title: `Rule ${index}`,
      condition: "A",
      annotations: ANNOTATIONS,
      data: [
        {
          refId: "A",
          relativeTimeRange: { from: 600, to: 0 },
          datasource: prometheus,
          model: { expr: "up", instant: true },
        },
      ],
      ...one,
    })),
  });
}

const recorded = ruleGroup({
  folder: shop,
  title: "recorded",
  interval: 60,
  rules: [
    {
      title: "Requests",
      record: { metric: "requests", from: "A" },
      data: [
        {
          refId: "A",
          relativeTimeRange: { from: 600, to: 0 },
          datasource: prometheus,
          model: { expr: "up", instant: true },
        },
      ],
    },
  ],
});

function alertOn(expr: string): readonly object[] {
  return [
    rules({
      data: [
        { refId: "A", relativeTimeRange: { from: 600, to: 0 }, datasource: prometheus, model: { expr, instant: true } },
      ],
    }),
    prometheus,
    shop,
  ];
}

function policy(...routes: NonNullable<NotificationPolicy["routes"]>): object {
  return notificationPolicy({ receiver: chat, group_by: ["alertname"], routes });
}

const critical = { receiver: pager, object_matchers: [["severity", "=", "critical"]] } as const;
const tree = notificationPolicy({
  name: "payments",
  receiver: chat,
  group_by: ["alertname"],
  routes: [{ receiver: pager, object_matchers: [["severity", "=", "crit"]] }],
});
const template = (text: string) => messageTemplate({ name: "texts", template: text });
const withTitle = (title: string) =>
  contactPoint({ name: "chat", integrations: [{ type: "webhook", settings: { url: "https://chat.example", title } }] });

const threshold = (...values: readonly (number | null)[]) => ({
  defaults: {
    unit: "reqps",
    thresholds: { mode: "absolute", steps: values.map((value) => ({ color: "red", value })) },
  },
});

function cases(
  rule: string,
  bad: Readonly<Record<string, readonly [readonly object[], ...string[]]>>,
  good: Readonly<Record<string, readonly object[]>>,
): RuleCase[] {
  return [
    ...Object.entries(bad).map(([what, [resources, ...paths]]) => ({
      rule,
      what,
      resources,
      paths: paths.length > 0 ? paths : [EXPR],
    })),
    ...Object.entries(good).map(([what, resources]) => ({ rule, what, resources, paths: [] })),
  ];
}

/** The same query in schema v2. */
function boardV2(expr: string, variables: readonly object[] = []): object {
  const element = {
    kind: "Panel" as const,
    spec: {
      id: 1,
      title: "Requests",
      description: "",
      links: [],
      data: {
        kind: "QueryGroup",
        spec: {
          queries: [promqlQuery(expr, prometheus.refV2)],
          transformations: [],
          queryOptions: {},
        },
      },
      vizConfig: {
        kind: "VizConfig",
        group: "timeseries",
        version: "12.4.0",
        spec: { options: {}, fieldConfig: { defaults: { unit: "reqps" }, overrides: [] } },
      },
    },
  };
  const item = (x: number) => ({
    kind: "GridLayoutItem",
    spec: { x, y: 0, width: 12, height: 8, element: { kind: "ElementReference", name: "requests" } },
  });
  return dashboard({
    uid: "v2",
    folder: shop,
    spec: {
      title: "V2",
      elements: { requests: element },
      layout: { kind: "GridLayout", spec: { items: [item(0)] } },
      variables,
    },
  });
}

const EXPR_V2 = "spec.elements.requests.spec.data.spec.queries[0].spec.query.spec.expr";
const region = { type: "custom", name: "region", query: "eu,us" };
const regionV2 = {
  kind: "CustomVariable",
  spec: {
    name: "region",
    query: "eu,us",
    current: { text: "eu", value: "eu" },
    options: [],
    multi: false,
    includeAll: false,
    hide: "dontHide",
    skipUrlSync: false,
    allowCustomValue: true,
  },
};

export const RULE_CASES: readonly RuleCase[] = [
  ...cases(
    "promql-syntax",
    {
      "a missing parenthesis": [query("sum(rate(http_requests_total[$__rate_interval])")],
      "an unknown function": [query("ratee(http_requests_total[5m])")],
      "a label without a value": [query('up{job="api", instance}')],
      "a text after the expression": [query("up foo")],
      "a list of labels that is not closed": [query("sum by (job (up)")],
      "a query of a variable": [
        [
          board([], {
            variables: [
              { type: "query", name: "job", datasource: prometheus.ref, query: "label_values(up{job=}, job) " },
              { ...region, query: "$job" },
            ],
          }),
          prometheus,
        ],
        "spec.templating.list[0].query",
      ],
      "an annotation": [
        [
          board([], { annotations: [{ name: "Deploys", datasource: prometheus.ref, expr: "changes(x[5m" }] }),
          prometheus,
        ],
        "spec.annotations.list[0].expr",
      ],
      "an alert rule": [alertOn("up =="), "rules[0].data[0].model.expr"],
      "schema v2": [[boardV2("sum(up"), prometheus], EXPR_V2],
    },
    {
      "comments between arguments": query("sum by (job) (\n  # only failures\n  rate(http_requests_total[5m])\n)"),
      "a variable in the name of a function": scene(
        [panel({ targets: [{ refId: "A", expr: "${agg}_over_time(up[5m])" }] })],
        {
          variables: [{ ...region, name: "agg" }],
        },
      ),
      "a variable after a sign, and for the rest of a selector": scene(
        [panel({ targets: [{ refId: "A", expr: 'up{job="a" $more} offset -$more' }] })],
        { variables: [{ ...region, name: "more" }] },
      ),
      "a variable in a range": query("rate(http_requests_total[$__rate_interval])"),
      "a variable as a function": query("$function(up)"),
      "a variable as an operator": query("up $operator 1"),
      "a variable as a matcher": query("up{$filters}"),
      "former notations": query('up{job=~"[[job]]", pod=~"${pod:regex}"}'),
    },
  ),
  ...cases(
    "logql-syntax",
    {
      "a filter without quotes": [query('{app="shop"} |= error', loki)],
      "a selector without a matcher": [query("{}", loki)],
      "a missing parenthesis": [query('sum(count_over_time({app="shop"}[1m])', loki)],
      "an unknown stage": [query('{app="shop"} | jsn foo bar', loki)],
    },
    {
      "a pipeline": query('{app="shop"} |= "error" | json | status >= 500', loki),
      "a variable as a pipeline": query('{app="shop"} $filter', loki),
      "a variable as a range": query('sum(count_over_time({app="shop"}[$__auto]))', loki),
    },
  ),
  ...cases(
    "traceql-syntax",
    {
      "a missing value": [
        [
          board([
            panel({
              datasource: tempo.ref,
              targets: [{ refId: "A", queryType: "traceql", query: "{ status = }", datasource: tempo.ref }],
            }),
          ]),
          tempo,
        ],
        "spec.panels[0].targets[0].query",
      ],
    },
    {
      "a valid query": [
        board([
          panel({
            datasource: tempo.ref,
            targets: [{ refId: "A", queryType: "traceql", query: "{ status = error }" }],
          }),
        ]),
        tempo,
      ],
      "the id of a trace": [
        board([panel({ datasource: tempo.ref, targets: [{ refId: "A", queryType: "traceId", query: "3f1a{" }] })]),
        tempo,
      ],
    },
  ),
  ...cases(
    "promql-type",
    {
      "arguments in the wrong order": [query("topk(up, 5)"), EXPR, EXPR],
      "too few arguments": [query("clamp_max(up)")],
      "a range for a function that takes none": [query("abs(up[5m])")],
      "a comparison of numbers": [query("1 > 2")],
      "a number in a set operation": [query("up or 0")],
      "a range as the result": [query("up[5m]")],
      "a range of a sum": [query("rate(sum(http_requests_total)[5m])")],
      "an unknown escape sequence": [query(String.raw`up{instance=~"10\.0.+"}`)],
      "only matchers that match an empty value": [query('{job=~".*", instance!="a"}')],
    },
    {
      "escape sequences": query(String.raw`label_replace(up{a="\"\u00e4"}, "b", '\'$1\\', "c", ${"`\\d`"})`),
      "a matcher that an empty value does not match": query('{job=~".+", instance!~"a"}'),
      "a default value": query("up or vector(0)"),
      "a variable as a number": query("topk($limit, up) > $threshold"),
      "a comparison with bool": query("1 > bool 2"),
      "a function of a subquery": query("max_over_time(rate(http_requests_total[5m])[1h:1m])"),
    },
  ),
  ...cases(
    "rate-without-range",
    { rate: [query("rate(http_requests_total)")], "a function over time": [query("sum(avg_over_time(up))")] },
    { rate: query("rate(http_requests_total[5m])"), "a variable as the range vector": query("rate($series)") },
  ),
  ...cases(
    "datasource-language",
    {
      "PromQL in a query to Loki": [query("sum(rate(http_requests_total[5m]))", loki)],
      "LogQL in a query to Prometheus": [query('{app="shop"} |= "error"')],
      "an expression in a query to Jaeger": [
        [board([panel({ datasource: jaeger.ref, targets: [{ refId: "A", expr: "up" }] })]), jaeger],
      ],
    },
    {
      "a selector of both languages": query('{app="shop"}', loki),
      "a search in Jaeger": [
        board([panel({ datasource: jaeger.ref, targets: [{ refId: "A", queryType: "search", service: "shop" }] })]),
        jaeger,
      ],
    },
  ),
  ...cases(
    "rate-of-gauge",
    {
      load: [query("rate(node_load1[5m])")],
      memory: [query("sum(increase(node_memory_MemAvailable_bytes[1h]))")],
      "a ratio": [query("irate(cache_hit_ratio[5m])")],
    },
    {
      "a counter": query("rate(http_requests_total[5m])"),
      "the slope of a gauge": query("deriv(node_load1[5m])"),
      "an unknown metric": query("rate(jobs[5m])"),
    },
  ),
  ...cases(
    "counter-without-rate",
    {
      "a sum": [query("sum(http_requests_total)")],
      buckets: [query("histogram_quantile(0.9, http_request_duration_seconds_bucket)")],
      "an alert": [alertOn("http_requests_total > 5"), "rules[0].data[0].model.expr"],
    },
    {
      rate: query("sum(rate(http_requests_total[5m]))"),
      "a number of series": query("count(http_requests_total)"),
      "a filter": query("rate(a_total[5m]) and on (job) http_requests_total"),
      "a comparison with 0": query("http_requests_total == 0"),
      "a size": query("node_swap_total"),
      "an uptime": query("unbound_time_up_seconds_total"),
      "a gauge with the name of a counter": query("sum(velero_restore_total)"),
      "bars of the last values": [
        board([panel({ type: "barchart", targets: [{ refId: "A", expr: "latency_usec_bucket", instant: true }] })]),
        prometheus,
      ],
      "a single value": query("sum(http_requests_total)", prometheus, { type: "stat" }),
      "a difference of counters": query("go_memstats_mallocs_total - go_memstats_frees_total"),
      "what is pending": query("jobs_received_total - on (job) (jobs_processed_total or vector(0))"),
      "a difference over time": query("http_requests_total - http_requests_total offset 1h"),
    },
  ),
  ...cases(
    "range-too-short",
    {
      "one scrape": [query("rate(http_requests_total[15s])")],
      $__interval: [query("rate(http_requests_total[$__interval])")],
    },
    {
      "two scrapes": query("rate(http_requests_total[30s])"),
      "a shorter scrape interval": query("rate(http_requests_total[15s])", fast),
      "a minimum interval": query("rate(http_requests_total[$__interval])", prometheus, { interval: "1m" }),
      $__rate_interval: query("rate(http_requests_total[$__rate_interval])"),
      "a function that needs one sample": query("last_over_time(up[15s])"),
    },
  ),
  {
    rule: "range-too-short",
    what: "the scrape interval of the settings",
    resources: query("rate(http_requests_total[1m])"),
    paths: [EXPR],
    settings: { scrapeInterval: "1m" },
  },
  ...cases(
    "sum-before-rate",
    {
      sum: [query("rate(sum(http_requests_total)[5m:])")],
      "an average": [query("increase((avg by (job) (http_requests_total))[1h:1m])")],
    },
    {
      "rate first": query("sum(rate(http_requests_total[5m]))"),
      "the maximum of a sum": query("max_over_time(sum(rate(http_requests_total[5m]))[1h:])"),
    },
  ),
  ...cases(
    "quantile-without-le",
    {
      by: [query("histogram_quantile(0.9, sum by (job) (rate(http_duration_seconds_bucket[5m])))")],
      "no labels": [query("histogram_quantile(0.9, sum(rate(http_duration_seconds_bucket[5m])))")],
      without: [query("histogram_quantile(0.9, sum without (le) (rate(http_duration_seconds_bucket[5m])))")],
    },
    {
      "buckets of VictoriaMetrics": query(
        "histogram_quantile(0.9, sum by (vmrange) (rate(http_duration_seconds_bucket[5m])))",
      ),
      le: query("histogram_quantile(0.9, sum by (le) (rate(http_duration_seconds_bucket[5m])))"),
      "a native histogram": query("histogram_quantile(0.9, sum(rate(http_duration_seconds[5m])))"),
      "a variable as a label": query(
        "histogram_quantile(0.9, sum by ($labels) (rate(http_duration_seconds_bucket[5m])))",
      ),
      "other labels without": query(
        "histogram_quantile(0.9, sum without (pod) (rate(http_duration_seconds_bucket[5m])))",
      ),
    },
  ),
  ...cases(
    "regex-invalid",
    {
      "a group that is not closed": [query('up{job=~"(api"}')],
      "a lookahead, which RE2 lacks": [query('up{job!~"(?!api).*"}')],
      LogQL: [query('{app=~"shop["}', loki)],
    },
    {
      "flags of RE2": query('up{job=~"(?i)api|(?P<name>web).*"}'),
      "a variable": query('up{job=~"$job("}'),
      "an escaped bracket and a letter": query(String.raw`up{job=~"/items\\[.*|caf\u00e9.*"}`),
      "an escaped point": query('up{instance=~"10\\\\.0.+"}'),
    },
  ),
  ...cases(
    "regex-could-be-equality",
    {
      PromQL: [query('up{job=~"api"}')],
      "a negation": [query('up{job!~"api-server"}')],
      LogQL: [query('{app=~"shop"} |= "error"', loki)],
      "a filter of labels": [query('{app="shop"} | json | level=~"error"', loki)],
    },
    {
      "several values": query('up{job=~"api|web"}'),
      "a variable": query('up{job=~"$job"}'),
      "a dot": query('up{job=~"api.web"}'),
      empty: query('up{job=~""}'),
    },
  ),
  ...cases(
    "variable-unknown",
    {
      "a misspelled name": [
        [
          board([panel({ targets: [{ refId: "A", expr: 'up{region="$regoin"}' }] })], { variables: [region] }),
          prometheus,
        ],
      ],
      "braces and a format": [
        [board([panel({ targets: [{ refId: "A", expr: 'up{job=~"${job:regex}"}' }] })]), prometheus],
      ],
      "an alert rule": [alertOn('up{job="$job"}'), "rules[0].data[0].model.expr"],
      "schema v2": [[boardV2('up{job="$job"}', [regionV2]), prometheus], EXPR_V2],
    },
    {
      "a defined variable": [
        board([panel({ targets: [{ refId: "A", expr: 'up{region="$region"}' }] })], { variables: [region] }),
        prometheus,
      ],
      "Grafana's variables": query("rate(x_total[$__rate_interval]) / $__range_s"),
      "a group of a regular expression": query('label_replace(up, "host", "$1", "instance", "(.*):.*")'),
      "a named group": query('label_replace(up, "host", "$host", "instance", "(?P<host>.*):.*")'),
      "the end of a regular expression": query('up{job=~"^(api|web)$"}'),
      "a rule's own interval": alertOn("rate(x_total[$__rate_interval])"),
    },
  ),
  ...cases(
    "variable-unused",
    {
      "no use": [
        [board([panel({ targets: [{ refId: "A", expr: "up" }] })], { variables: [region] }), prometheus],
        "spec.templating.list[0]",
      ],
      "a longer name": [
        [
          board([panel({ targets: [{ refId: "A", expr: 'up{region="$regions"}' }] })], {
            variables: [region, { ...region, name: "regions" }],
          }),
          prometheus,
        ],
        "spec.templating.list[0]",
      ],
      "schema v2": [[boardV2("up", [regionV2]), prometheus], "spec.variables[0]"],
      "a library panel without it": [
        [sharedBoard(sharedPanel("up")), sharedPanel("up"), prometheus],
        "spec.templating.list[0]",
      ],
    },
    {
      "a query": [
        board([panel({ targets: [{ refId: "A", expr: 'up{region=~"${region:pipe}"}' }] })], { variables: [region] }),
        prometheus,
      ],
      "another variable": [
        board([panel({ targets: [{ refId: "A", expr: 'up{pod="$pod"}' }] })], {
          variables: [
            region,
            {
              type: "query",
              name: "pod",
              datasource: prometheus.ref,
              query: 'label_values(up{region="[[region]]"}, pod)',
            },
          ],
        }),
        prometheus,
      ],
      "a library panel of the code": [
        sharedBoard(sharedPanel('up{region="$region"}')),
        sharedPanel('up{region="$region"}'),
        prometheus,
      ],
      "a library panel from elsewhere": [sharedBoard(sharedPanel("up")), prometheus],
      "a repeated panel": [
        board([panel({ repeat: "region", targets: [{ refId: "A", expr: "up" }] })], { variables: [region] }),
        prometheus,
      ],
      "a link": [
        board([panel({ links: [{ title: "Pods", url: "/d/pods?var-region=eu" }] })], { variables: [region] }),
        prometheus,
      ],
      "links with all variables": [
        board([panel({})], { variables: [region], links: [{ title: "All", type: "dashboards", includeVars: true }] }),
        prometheus,
      ],
      "filters for all queries": [
        board([panel({})], { variables: [{ type: "adhoc", name: "filters", datasource: prometheus.ref }] }),
        prometheus,
      ],
    },
  ),
  ...cases(
    "title-missing",
    {
      "no title": [
        [board([panel({ title: "", targets: [{ refId: "A", expr: "up" }] })]), prometheus],
        "spec.panels[0]",
      ],
    },
    { "a text": [board([panel({ type: "text", title: "" })])], "a title": query("up") },
  ),
  ...cases(
    "title-duplicate",
    {
      "two panels": [
        [
          board([panel({ targets: [{ refId: "A", expr: "up" }] }), panel({ targets: [{ refId: "A", expr: "up" }] })]),
          prometheus,
        ],
        "spec.panels[1].title",
      ],
      "two dashboards": [[board([]), board([], { uid: "other" })], "spec.title"],
    },
    {
      "two rows": [
        board([
          panel({ targets: [{ refId: "A", expr: "up" }] }),
          { type: "row", title: "More", gridPos: { x: 0, y: 8, w: 24, h: 1 } },
          panel({ targets: [{ refId: "A", expr: "up" }], gridPos: { x: 0, y: 9, w: 12, h: 8 } }),
        ]),
        prometheus,
      ],
      "two types": [
        board([
          panel({ targets: [{ refId: "A", expr: "up" }] }),
          panel({ type: "stat", targets: [{ refId: "A", expr: "up" }] }),
        ]),
        prometheus,
      ],
    },
  ),
  ...cases(
    "description-missing",
    {
      "a long query": [
        query(
          `sum(${Array.from({ length: 12 }, (_, index) => `rate(requests_of_part_${index}[5m])`).join(" + ")})`,
          prometheus,
          { description: "" },
        ),
        "spec.panels[0]",
      ],
    },
    {
      "a short query": query("up", prometheus, { description: "" }),
      "a long list of matchers": query(`sum(rate(requests{path!~"${"/health|".repeat(40)}"}[5m]))`, prometheus, {
        description: "",
      }),
      "alternatives of one metric": query(
        ["mongod", "mongos", "other", "former"]
          .map((name) => `sum(rate(${name}_total{path!~"${"/health|".repeat(10)}"}[5m]))`)
          .join(" or "),
        prometheus,
        { description: "" },
      ),
      "a ratio of two metrics": query(
        ["free", "total", "total"].map((name) => `sum(${name}{path!~"${"/health|".repeat(10)}"})`).join(" / "),
        prometheus,
        { description: "" },
      ),
    },
  ),
  ...cases(
    "panel-overlap",
    {
      "two panels": [
        [
          board([
            panel({ gridPos: { x: 0, y: 0, w: 12, h: 8 } }),
            panel({ title: "Errors", gridPos: { x: 6, y: 4, w: 12, h: 8 } }),
          ]),
          prometheus,
        ],
        "spec.panels[1]",
      ],
    },
    {
      neighbors: [
        board([
          panel({ gridPos: { x: 0, y: 0, w: 12, h: 8 } }),
          panel({ title: "Errors", gridPos: { x: 12, y: 0, w: 12, h: 8 } }),
        ]),
        prometheus,
      ],
      "a collapsed row": [
        board([
          {
            type: "row",
            collapsed: true,
            gridPos: { x: 0, y: 0, w: 24, h: 1 },
            panels: [panel({ id: 7, gridPos: { x: 0, y: 1, w: 12, h: 8 } })],
          },
          panel({ title: "Errors", gridPos: { x: 0, y: 1, w: 12, h: 8 } }),
        ]),
        prometheus,
      ],
    },
  ),
  ...cases(
    "thresholds-order",
    {
      descending: [
        query("up", prometheus, { fieldConfig: threshold(null, 90, 80) }),
        "spec.panels[0].fieldConfig.defaults.thresholds.steps[2]",
      ],
      "the base at the end": [
        query("up", prometheus, { fieldConfig: threshold(80, null) }),
        "spec.panels[0].fieldConfig.defaults.thresholds.steps[1]",
      ],
      "an alert": [
        [
          rules({
            data: [
              {
                refId: "A",
                model: {
                  type: "threshold",
                  expression: "B",
                  conditions: [{ evaluator: { type: "outside_range", params: [9, 1] } }],
                },
              },
              { refId: "B", relativeTimeRange: { from: 600, to: 0 }, datasource: prometheus, model: { expr: "up" } },
            ],
          }),
          prometheus,
        ],
        "rules[0].data[0].model.conditions[0].evaluator.params",
      ],
    },
    {
      ascending: query("up", prometheus, { fieldConfig: threshold(null, 80, 90) }),
      "equal values": query("up", prometheus, { fieldConfig: threshold(null, 80, 80) }),
    },
  ),
  ...cases(
    "unit-missing",
    {
      bytes: [query("sum(process_resident_memory_bytes)", prometheus, { fieldConfig: {} }), "spec.panels[0]"],
      "a quantile": [
        query("histogram_quantile(0.9, sum by (le) (rate(http_duration_seconds_bucket[5m])))", prometheus, {
          fieldConfig: {},
        }),
        "spec.panels[0]",
      ],
      "an average": [
        query("sum(rate(x_seconds_sum[5m])) / sum(rate(x_seconds_count[5m]))", prometheus, { fieldConfig: {} }),
        "spec.panels[0]",
      ],
    },
    {
      "a number, on purpose": query("process_resident_memory_bytes", prometheus, {
        fieldConfig: { defaults: { unit: "short" } },
      }),
      "a unit": query("process_resident_memory_bytes", prometheus, { fieldConfig: { defaults: { unit: "bytes" } } }),
      "a unit for some fields": query("process_resident_memory_bytes", prometheus, {
        fieldConfig: {
          overrides: [{ matcher: { id: "byType", options: "number" }, properties: [{ id: "unit", value: "bytes" }] }],
        },
      }),
      "a ratio": query("process_resident_memory_bytes / node_memory_MemTotal_bytes", prometheus, { fieldConfig: {} }),
      "a table": query("process_resident_memory_bytes", prometheus, { type: "table", fieldConfig: {} }),
    },
  ),
  ...cases(
    "summary-missing",
    { none: [[rules({ annotations: { runbook_url: "https://wiki.example" } }), prometheus], "rules[0]"] },
    {
      "a summary": [rules({}), prometheus],
      "a recording rule": [recorded, prometheus],
    },
  ),
  ...cases(
    "runbook-missing",
    { none: [[rules({ annotations: { summary: "Requests fail" } }), prometheus], "rules[0]"] },
    { "a URL": [rules({}), prometheus] },
  ),
  ...cases(
    "for-shorter-than-interval",
    { shorter: [[rules({ for: "30s" }), prometheus], "rules[0].for"] },
    { equal: [rules({ for: "1m" }), prometheus], none: [rules({ for: "0s" }), prometheus] },
  ),
  ...cases(
    "rule-unrouted",
    {
      "a misspelled value": [
        [rules({ labels: { severity: "crit" } }), policy(critical), prometheus, chat, pager],
        "rules[0].labels",
      ],
      "a value that only another tree routes": [
        [
          rules({ labels: { severity: "critical" }, notificationPolicy: tree }),
          policy(critical),
          tree,
          prometheus,
          chat,
          pager,
        ],
        "rules[0].labels",
      ],
    },
    {
      "a route": [rules({ labels: { severity: "critical" } }), policy(critical), prometheus, chat, pager],
      "a label of the query": [rules({}), policy(critical), prometheus, chat, pager],
      "a template": [
        rules({ labels: { severity: "{{ $labels.severity }}" } }),
        policy(critical),
        prometheus,
        chat,
        pager,
      ],
      "a receiver of its own": [
        rules({ labels: { severity: "crit" }, notification_settings: { receiver: chat } }),
        policy(critical),
        prometheus,
        chat,
        pager,
      ],
      "only a default": [rules({ labels: { severity: "crit" } }), policy(), prometheus, chat],
      "a route of its named tree": [
        rules({ labels: { severity: "crit" }, notificationPolicy: tree }),
        policy(critical),
        tree,
        prometheus,
        chat,
        pager,
      ],
      "a named tree from elsewhere": [
        rules({ labels: { severity: "crit" }, notificationPolicy: existing.notificationPolicy("elsewhere") }),
        policy(critical),
        prometheus,
        chat,
        pager,
      ],
      "a regular expression": [
        rules({ labels: { severity: "crit" } }),
        policy({ receiver: pager, object_matchers: [["severity", "=~", "crit(ical)?"]] }),
        prometheus,
        chat,
        pager,
      ],
    },
  ),
  ...cases(
    "contact-point-unused",
    { "no route": [[policy(), chat, pager], "name"] },
    {
      "a route": [policy(critical), chat, pager],
      "a rule": [policy(), rules({ notification_settings: { receiver: pager } }), prometheus, chat, pager],
      "no policy in the code": [chat, pager],
    },
  ),
  ...cases(
    "mute-timing-unused",
    { "no route": [[policy(critical), chat, pager, muteTiming({ name: "weekends", time_intervals: [] })], "name"] },
    {
      "a route": [
        policy({ ...critical, mute_time_intervals: [muteTiming({ name: "weekends", time_intervals: [] })] }),
        chat,
        pager,
        muteTiming({ name: "weekends", time_intervals: [] }),
      ],
    },
  ),
  ...cases(
    "template-unused",
    {
      "no contact point": [
        [template('{{ define "a" }}x{{ end }}'), withTitle('{{ template "default.title" . }}')],
        "template",
      ],
    },
    {
      "a contact point": [template('{{ define "a" }}x{{ end }}'), withTitle('{{ template "a" . }}')],
      "no contact point in the code": [template('{{ define "a" }}x{{ end }}')],
    },
  ),
  ...cases(
    "template-function-unknown",
    {
      "a function of another language": [[template('{{ define "a" }}{{ upper .Status }}{{ end }}')], "template"],
      "a function after a pipe": [[template('{{ define "a" }}{{ .Status | lower }}{{ end }}')], "template"],
      "a function of alert rules": [[template('{{ define "a" }}{{ humanize 1.0 }}{{ end }}')], "template"],
      "a setting": [[withTitle("{{ uppercase .Status }}")], "integrations[0].settings.title"],
      "an annotation": [
        [rules({ annotations: { ...ANNOTATIONS, summary: "{{ $value | humanise }}" } }), prometheus],
        "rules[0].annotations.summary",
      ],
      "an undefined template": [
        [template('{{ define "a" }}x{{ end }}'), withTitle('{{ template "b" . }}')],
        "integrations[0].settings.title",
      ],
    },
    {
      "Grafana's functions": [
        template(
          '{{ define "a" }}{{ range .Alerts }}{{ .Labels.job | toUpper | title }}{{ len .Labels }}{{ end }}{{ end }}',
        ),
      ],
      "functions of rules": [
        rules({
          annotations: {
            ...ANNOTATIONS,
            summary:
              '{{ if gt $value 1.0 }}{{ $labels.job | reReplaceAll "a" "b" }} {{ humanizePercentage $value }}{{ end }}',
          },
        }),
        prometheus,
      ],
      "variables, texts and comments": [
        template(
          '{{ define "a" }}{{ $x := "upper case" }}{{/* lower */}}{{- with $x -}}{{ . }}{{ else }}{{ printf "%s" $x }}{{ end }}{{ end }}',
        ),
      ],
      namespaces: [
        template(
          '{{ define "a" }}{{ $d := coll.Dict "a" "b" }}{{ data.ToJSON $d }}{{ tmpl.Exec "a" . }}{{ time.Now }}{{ end }}',
        ),
      ],
    },
  ),
];
