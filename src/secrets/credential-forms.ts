import { HIDDEN } from "./secret.ts";

/** A part of a text: its start and end. */
type Range = readonly [start: number, end: number];

/** What ends a URL or a word, in text and in JSON, HTML and Markdown. */
const END = "\\s\"'<>`|\\\\";
const AUTHORITY = `[^${END}/?#@:]`;
/** `api_key`, `X-Amz-Signature`: names of parameters with credentials as values. */
const NAME = String.raw`[\w.-]{0,40}(?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|signature|credential)`;
/** Short names that mean a credential only in a URL. */
const URL_NAME = "key|sig|code|auth";
/** A value that is neither quoted, such as a label matcher of PromQL, nor a template's variable. */
const VALUE = `(?:[^${END}&;,#$(){}\\[\\]=~!][^${END}&;,#(){}\\[\\]]*)`;

const ALL: readonly RegExp[] = [
  // `https://user:password@host`; a port is not a password. Then a password with a slash.
  new RegExp(`(?<=\\b[a-z][a-z\\d+.-]{0,20}://)${AUTHORITY}*:[^${END}/?#]*(?=@)`, "gi"),
  new RegExp(`(?<=\\b[a-z][a-z\\d+.-]{0,20}://)${AUTHORITY}*:(?!\\d{1,5}[/?#])[^${END}@]*(?=@)`, "gi"),
  new RegExp(`(?<=\\bhttps?://)${AUTHORITY}+(?=@)`, "gi"),
  // A data source name of Go: `user:password@tcp(host:3306)/db`.
  new RegExp(`(?<![^${END}=(])${AUTHORITY}+:[^${END}@]{1,256}(?=@(?:tcp|udp|unix)\\()`, "gi"),
  new RegExp(`(?<=(?:^|[${END}?&;#,({[])${NAME}=)${VALUE}`, "gim"),
  new RegExp(`(?<=[?&](?:${URL_NAME})=)${VALUE}`, "gi"),
  // Tokens by their prefixes, and JSON web tokens.
  /(?<![\w-])(?:glsa_|glc_|gl[a-z]{2,4}-|gh[pousr]_|github_pat_|xox[a-z]-|xapp-|sk-|[sr]k_live_|SG\.|AKIA|ASIA|AIza|npm_|pypi-|hvs\.|NRAK-)[\w.-]{16,}/g,
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z\d+/=\s\\:,-]*/g,
];

const SCHEME = /(?<=\b(?:Bearer|Basic|Token|GenieKey|ApiKey)\s{1,4})[\w.~+/=-]{8,}/gi;
/** Distinguishes a token from a word, as in "Basic authentication". */
const TOKEN = /[\d=+/]|[a-z][A-Z]/;

/** Until the end of a word, or an entity of HTML that ends it. */
const URLS = new RegExp(
  `(?<![\\w.-])[\\w-]+(?:\\.[\\w-]+)*(?::\\d{1,5})?/(?:(?!&(?:quot|apos|lt|gt|nbsp|#))[^${END}])*`,
  "g",
);

/** URLs that let anyone who knows them send messages, up to the part that is secret. */
const HOOKS = new RegExp(
  `^(?:${[
    String.raw`(?:web)?hooks?\.[\w.-]+(?::\d+)?/`,
    String.raw`(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/`,
    String.raw`[\w.-]+\.webhook\.office\.com/`,
    String.raw`outlook\.office(?:365)?\.com/webhook/`,
    String.raw`[\w.-]+\.(?:logic\.azure|powerplatform|powerautomate)\.(?:com|us|cn)(?::\d+)?/`,
    String.raw`events(?:\.eu)?\.pagerduty\.com/(?:integration|generic|x-ere)/`,
    String.raw`chat\.googleapis\.com/`,
    String.raw`api\.telegram\.org/(?:file/)?bot`,
    String.raw`maker\.ifttt\.com/`,
    String.raw`alert\.victorops\.com/integrations/`,
    String.raw`oapi\.dingtalk\.com/robot/`,
    String.raw`qyapi\.weixin\.qq\.com/cgi-bin/webhook/`,
    String.raw`open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/`,
    String.raw`(?:hc-ping\.com|webhook\.site)/`,
    String.raw`[\w.-]+(?::\d+)?/(?:[\w.~-]+/)*?(?:incoming-?)?(?:web)?hooks?/(?=\S*[\d]|\S{16})`,
    String.raw`[\w.-]+(?::\d+)?/(?:[\w.~-]+/)*?integrations/v1/[\w-]+/`,
  ].join("|")})`,
  "i",
);

/** The engine ends a match with an error if it must remember some millions of characters, so longer texts are read in windows. */
const WINDOW = 1 << 20;
/** Windows overlap, so that a credential at the end of one is complete in the next. It is longer than a private key. */
const OVERLAP = 1 << 14;

/** Finds credentials that can be recognized by their form: in URLs, in parameters, and tokens with a known prefix. */
export function credentialRanges(text: string): Range[] {
  if (text.length <= WINDOW) return rangesIn(text);
  const count = Math.ceil((text.length - OVERLAP) / (WINDOW - OVERLAP));
  return Array.from({ length: count }, (_, index) => index * (WINDOW - OVERLAP)).flatMap((first) => {
    const last = first + WINDOW;
    return rangesIn(text.slice(first, last)).map(([start, end]): Range => {
      const isCut = first + end >= last;
      return [first + start, isCut ? endOfWord(text, first + end) : first + end];
    });
  });
}

function endOfWord(text: string, from: number): number {
  const ends = new RegExp(`[${END}]`, "g");
  ends.lastIndex = from;
  return ends.exec(text)?.index ?? text.length;
}

function rangesIn(text: string): Range[] {
  const found = ALL.flatMap((form) => [...text.matchAll(form)]);
  const schemes = [...text.matchAll(SCHEME)].filter(([token]) => TOKEN.test(token));
  const hooks = [...text.matchAll(URLS)].flatMap(({ 0: match, index }): Range[] => {
    // The end of a sentence.
    const url = match.replace(/[.,;:!?)\]}]+$/, "");
    const known = HOOKS.exec(url)?.[0].length ?? url.length;
    return known < url.length && !match.startsWith(HIDDEN, known) ? [[index + known, index + url.length]] : [];
  });
  return [...[...found, ...schemes].map(({ 0: part, index }): Range => [index, index + part.length]), ...hooks].filter(
    ([start, end]) => end > start,
  );
}

const CREDENTIAL_KEY =
  /(?:^| )(?:(?:password|passwd|pwd|passphrase|secret|token|bottoken|credential|authorization|http header value ?\d*|(?:api|access|secret|private|integration|routing|service|license|account|shared|auth|client|user|signing|encryption) ?key)s?|(?:set )?cookie)$/;
const HOOK_KEY = /(?:^| )(?:web)?hook(?: ?ur[il])?$/;

/** What the name of a property says about its value. */
export function meaningOf(key: string): "credential" | "hook" | undefined {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[^A-Za-z\d]+/g, " ")
    .toLowerCase();
  if (CREDENTIAL_KEY.test(words)) return "credential";
  return HOOK_KEY.test(words) ? "hook" : undefined;
}
