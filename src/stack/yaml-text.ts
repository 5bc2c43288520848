import { Document, visit, type Tags } from "yaml";

/** Strings that `yaml` does not quote: docker-compose 1 fails on `=` and `<<`, and YAML 1.2 parses `0o17` as a number. */
const NEEDS_QUOTES = /^(=|<<|[-+]?0o[0-7]+)$/;

/** Characters that YAML parsers can fold, strip or reject: line breaks, tabs, control characters, byte order marks. */
const ESCAPED = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

const UNESCAPED_IN_JSON = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * YAML that parses the same in YAML 1.1 and 1.2 and preserves all strings. Quotes strings that one of them would parse as
 * another type (`on`, `22:22`). Strings must not contain unpaired surrogates, which YAML can't represent.
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
      if (typeof value === "string" && (NEEDS_QUOTES.test(value) || ESCAPED.test(value))) node.type = "QUOTE_DOUBLE";
    },
  });
  const text = document.toString({ lineWidth: 0, nullStr: "", doubleQuotedAsJSON: true });
  // JSON does not escape these characters. They occur only in double-quoted strings.
  return text.replaceAll(
    UNESCAPED_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The merge tag would write `<<` without quotes. */
function withoutMerge(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:merge");
}
