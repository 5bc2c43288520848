import { join } from "node:path";
import { readFileSync } from "node:fs";
import type { Difference } from "../../src/engine/difference.ts";
import { address } from "../../src/engine/model.ts";
import type { Evaluator } from "../../src/update/evaluate.ts";
import type { SdkNames } from "../../src/update/sdk-names.ts";
import type { Target } from "../../src/update/search.ts";
import { scriptSource } from "../../src/update/source/script.ts";
import { applyEdits, valueOf, type Edits, type Source } from "../../src/update/source/source.ts";
import { yamlSource } from "../../src/update/source/yaml.ts";
import { equal, type Json } from "../../src/util/json.ts";

/**
 * Whether an edit is one to a literal: another value in place of one string, number, boolean, list, object, member of an
 * enum or unit makes this change in this object, and nothing else. Tries all of them, without any order.
 */
export async function isLiteral(
  { path, before: now, after: old }: Difference,
  target: Target,
  evaluator: Evaluator,
  sdk: SdkNames,
  directory: string,
): Promise<boolean> {
  if (old === undefined || now === undefined || path.endsWith("]")) return false;
  const own = join(directory, target.desired.source.file);
  const known = target.differences(target.desired).map((one) => JSON.stringify(one));
  for (const file of evaluator.filesOf(own)) {
    const text = readFileSync(file, "utf8");
    for (const edits of editsOf(file, text, old, now, sdk)) {
      if (!edits || edits === "loses-comment" || edits.length === 0) continue;
      const texts = new Map([[file, applyEdits(text, edits)]]);
      const objects = await evaluator.objectsOf(texts, evaluator.usersOf(file));
      const desired = objects?.get(address(target.desired));
      if (!objects || !desired) continue;
      const rest = target.differences(desired);
      const isMade = rest.length < known.length && rest.every((one) => known.includes(JSON.stringify(one)));
      const isAlone = [...objects].every(
        ([name, { hash }]) => name === address(desired) || evaluator.base.get(name)?.hash === hash,
      );
      if (isMade && isAlone && !rest.some((one) => one.path === path)) return true;
    }
  }
  return false;
}

function editsOf(file: string, text: string, old: Json, now: Json, sdk: SdkNames): Edits[] {
  const source = sourceOf(file, text);
  const values = source.nodes.flatMap((node) => {
    if (!equal(valueOf(node), old)) return [];
    if (node.type === "scalar" && typeof now !== "object") return [source.setScalar(node, now)];
    return [source.replace(node, now)];
  });
  const members = source.members.flatMap((member): Edits[] => {
    const other = sdk.instead(member, old, now);
    const start = other?.whole ? member.start : member.end - member.name.length;
    return other ? [[{ start, end: member.end, text: other.text }]] : [];
  });
  return [...members, ...values];
}

function sourceOf(file: string, text: string): Source {
  return /\.ya?ml$/.test(file) ? yamlSource(text) : scriptSource(text, file.endsWith(".json"));
}
