import { parseAddress } from "../engine/model.ts";
import { UsageError } from "../util/errors.ts";
import { similar } from "../util/similar.ts";

/** A name of an option, `KIND` or `KIND/ID`. Throws exit 64 if it is not one. */
export function checkedName(text: string, option: string, kinds: Iterable<string>): string {
  const known = [...kinds];
  const { kind, id } = parseAddress(text);
  const usage = (message: string, hint: string) => new UsageError(`${option}: ${message}`, hint, "option-invalid");
  if (known.includes(kind)) {
    if (id !== "" || !text.includes("/")) return text;
    throw usage(
      `"${text}" has no id after the slash`,
      `To select all, write ${kind}. To select one, write ${kind}/ID.`,
    );
  }
  const list = text.split(",").map((part) => part.trim());
  if (list.length > 1 && list.every((part) => known.includes(parseAddress(part).kind)))
    throw usage(`"${text}" is one name`, `Separate names with spaces: ${option} ${list.join(" ")}`);
  const meant = meantKind(kind, known);
  const all = `Use one of: ${known.join(", ")}.`;
  const hint = meant
    ? `Did you mean ${text.replace(kind, meant)}?`
    : text.includes("/")
      ? all
      : `Write a kind, or a kind and an id, such as ${known[0]}/${text}. ${all}`;
  throw usage(`unknown kind "${kind}" in "${text}"`, hint);
}

/** The kind that is meant by a plural, by the name of a function of the API, or by a misspelled name. */
function meantKind(text: string, known: readonly string[]): string | undefined {
  const kebab = text.replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
  const singular = kebab.replace(/ies$/, "y").replace(/s$/, "");
  return known.find((kind) => kind === kebab || kind === singular) ?? similar(singular, known);
}
