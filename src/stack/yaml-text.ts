import { Document, visit, type Tags } from "yaml";

/** What `yaml` would leave without quotes: docker-compose 1 ends at the first two, and YAML 1.2 has the third as a number. */
const NO_TEXT = /^(=|<<|[-+]?0o[0-7]+)$/;

/** Characters that a reader of YAML may fold, strip or reject: line breaks, tabs, controls, byte order marks. */
const ESCAPED = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

const UNESCAPED_IN_JSON = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * YAML that YAML 1.1 and 1.2 read alike, and that returns every string unchanged. Quotes what one of them reads as
 * something other than a string (`on`, `22:22`). Strings must not contain unpaired surrogates, which YAML can't express.
 */
export function yamlOf(content: object): string {
  const document = new Document(content, {
    version: "1.1",
    aliasDuplicateObjects: false,
    merge: false,
    customTags: withoutMerge,
  });
  visit(document, {
    Scalar(_key, node) {
      const { value } = node;
      if (typeof value === "string" && (NO_TEXT.test(value) || ESCAPED.test(value))) node.type = "QUOTE_DOUBLE";
    },
  });
  const text = document.toString({ lineWidth: 0, nullStr: "", doubleQuotedAsJSON: true });
  // JSON leaves these as they are; they are only in double-quoted strings.
  return text.replaceAll(
    UNESCAPED_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** That tag writes `<<` without quotes, whatever its node says. */
function withoutMerge(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:merge");
}
