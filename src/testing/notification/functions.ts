import { isZone } from "../../go-template/clock.ts";
import { escapeQuery } from "../../go-template/escape.ts";
import { jsonString, jsonText, parsedJson } from "../../go-template/json.ts";
import { formatTime } from "../../go-template/time-format.ts";
import { fail, unsupported } from "../../go-template/template-error.ts";
import type { TemplateSet } from "../../go-template/template-set.ts";
import { indirect, typeOf } from "../../go-template/types.ts";
import { sprint } from "../../go-template/print.ts";
import {
  GoList,
  GoMap,
  GoStruct,
  GoText,
  GoTime,
  stringOf,
  textList,
  textsIn,
  type GoFunction,
  type GoValue,
  type Methods,
} from "../../go-template/values.ts";
import { matchesPart, replacedMatches } from "./regex.ts";

/** A function of texts, which gets only texts. */
function ofTexts(count: number, call: (...texts: string[]) => GoValue): GoFunction {
  const parameters = Array.from({ length: count }, () => "string");
  return { parameters, call: (...values) => call(...values.map(stringOf)) };
}

/** The functions that Grafana adds to those of Go. `now`: the time of the notification. */
export function grafanaFunctions(set: TemplateSet, now: GoTime, orgId: number): Record<string, GoFunction> {
  return {
    coll: namespace("coll", COLLECTIONS),
    data: namespace("data", DATA),
    time: namespace("time", { Now: { parameters: [], call: () => now } }),
    tmpl: namespace("tmpl", templates(set)),
    toUpper: ofTexts(1, (text) => text.toUpperCase()),
    toLower: ofTexts(1, (text) => text.toLowerCase()),
    title: ofTexts(1, titleCase),
    trimSpace: ofTexts(1, (text) => text.replace(/^(?:(?!\uFEFF)\s|\u0085)+|(?:(?!\uFEFF)\s|\u0085)+$/gu, "")),
    join: {
      parameters: ["string", "[]string"],
      call: (separator, list) => textsIn(list).join(stringOf(separator)),
    },
    match: ofTexts(2, matchesPart),
    safeHtml: ofTexts(1, (text) => new GoText(text, "template.HTML")),
    reReplaceAll: ofTexts(3, replacedMatches),
    stringSlice: {
      parameters: [],
      rest: "string",
      call: (...values) => textList(values.map(stringOf)),
    },
    date: {
      parameters: ["string", "time.Time"],
      call: (layout, time) => (time instanceof GoTime ? formatTime(time, stringOf(layout)) : ""),
    },
    tz: {
      parameters: ["string", "time.Time"],
      call: (zone, time) => {
        const name = stringOf(zone) || "UTC";
        if (name === "Local") unsupported("the time zone of Grafana's machine");
        if (!isZone(name)) fail(`${name} is not a time zone`);
        return time instanceof GoTime ? new GoTime(time.nanoseconds, name) : undefined;
      },
    },
    tenantID: { parameters: [], call: () => `${orgId}` },
    grafanaExploreURL: ofTexts(5, exploreUrl),
    queryFromGeneratorURL: ofTexts(1, queryOf),
  };
}

function namespace(name: string, methods: Methods): GoFunction {
  const own = new GoStruct(`*gomplate.${name}`, {}, methods);
  return { parameters: [], call: () => own };
}

const COLLECTIONS: Methods = {
  Append: {
    parameters: ["any", "any"],
    call: (value, list) => {
      const target = indirect(list);
      if (!(target instanceof GoList)) return fail(`coll.Append requires a list, but has a ${typeOf(list)}`);
      return new GoList([...target.items, value], "[]interface {}");
    },
  },
  Dict: {
    parameters: [],
    rest: "any",
    call: (...values) => {
      const entries = new Map<string, GoValue>();
      for (let at = 0; at < values.length; at += 2)
        entries.set(keyText(values[at]), at + 1 < values.length ? values[at + 1] : "");
      return new GoMap(entries, { type: "map[string]interface {}" });
    },
  },
  Slice: { parameters: [], rest: "any", call: (...values) => new GoList(values, "[]interface {}") },
};

function keyText(value: GoValue): string {
  return value === undefined ? "nil" : sprint([indirect(value)]);
}

const DATA: Methods = {
  JSON: { parameters: ["any"], call: (value) => parsedJson(keyText(value)) },
  ToJSON: { parameters: ["any"], call: (value) => jsonText(value) },
  ToJSONPretty: {
    parameters: ["string", "any"],
    call: (indent, value) => jsonText(value, stringOf(indent)),
  },
};

function templates(set: TemplateSet): Methods {
  return {
    Exec: {
      parameters: ["string"],
      rest: "any",
      call: (name, ...values) => set.render(stringOf(name), values.length === 1 ? values[0] : undefined, 1),
    },
    Inline: {
      parameters: [],
      rest: "any",
      call: (...values) => {
        const [text, data] = values;
        if (values.length !== 2 || typeof text !== "string")
          return fail("tmpl.Inline requires a text and the data for it");
        return set.renderText(text, data, 1);
      },
    },
  };
}

/** The first letter of each word in upper case, the others in lower case. */
function titleCase(text: string): string {
  const words = new Intl.Segmenter("en-US", { granularity: "word" }).segment(text);
  return [...words]
    .map(({ segment }) => {
      const first = /\p{L}/u.exec(segment);
      if (!first) return segment;
      const [at, letter] = [first.index, first[0]];
      const rest = segment.slice(at + letter.length).toLowerCase();
      return `${segment.slice(0, at)}${titleLetter(letter)}${rest}`;
    })
    .join("");
}

/** Letters that have another form at the beginning of a word than in a word of capitals. */
const TITLE_LETTERS: Readonly<Record<string, string>> = {
  ǆ: "ǅ",
  Ǆ: "ǅ",
  ǉ: "ǈ",
  Ǉ: "ǈ",
  ǌ: "ǋ",
  Ǌ: "ǋ",
  ǳ: "ǲ",
  Ǳ: "ǲ",
};

function titleLetter(letter: string): string {
  const [first = "", ...others] = letter.toUpperCase();
  return TITLE_LETTERS[letter] ?? `${first}${others.join("").toLowerCase()}`;
}

function exploreUrl(...[url = "", datasource = "", from = "", to = "", expr = ""]: string[]): string {
  const [start, end, query] = [from, to, expr].map(jsonString);
  const source = datasource === "" ? "" : `,"uid":${jsonString(datasource)}`;
  const queries = `{"datasource":{"type":"prometheus"${source}},"expr":${query},"instant":false,"range":true,"refId":"A"}`;
  return `${url}/explore?left=${escapeQuery(`{"range":{"from":${start},"to":${end}},"queries":[${queries}]}`)}`;
}

/** The query in the URL of an alert of Prometheus. */
function queryOf(url: string): string {
  const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?") + 1).replace(/#.*$/, "") : "");
  return query.get("g0.expr") ?? fail("the URL has no query of Prometheus");
}
