import { Document, visit, type Tags } from "yaml";

/** What `yaml` would leave without quotes: docker-compose 1 ends at the first two, and YAML 1.2 has the third as a number. */
const NO_TEXT = /^(=|<<|[-+]?0o[0-7]+)$/;

/** YAML that is read alike as 1.1 and as 1.2: what is something else than text in one of them (`on`, `22:22`) is quoted. */
export function yamlOf(content: object): string {
  const document = new Document(content, {
    version: "1.1",
    aliasDuplicateObjects: false,
    merge: false,
    customTags: withoutMerge,
  });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === "string" && NO_TEXT.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, nullStr: "" });
}

/** That tag writes `<<` without quotes, whatever its node says. */
function withoutMerge(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:merge");
}
