import type { Difference } from "./difference.ts";
import { textOf } from "../util/json.ts";

/**
 * Reverses the differences of a plan, which are from Grafana to the code, to describe what was changed in Grafana. An item
 * that was renamed in Grafana is named as before. Migrations are described the same way in both directions.
 */
export function reversed(differences: readonly Difference[]): Difference[] {
  const renames = differences.flatMap(renameIn);
  return differences.map((one) =>
    one.meaning === "migrated" ? one : { ...sidesExchanged(one), labels: labelsOf(one, renames) },
  );
}

/** A rename of an item with labels, such as a panel. */
interface Rename {
  /** `panels[id=3].` */
  readonly within: string;
  /** The index of the item's label. */
  readonly index: number;
  readonly now: string;
  readonly former: string;
}

function renameIn({ meaning, path, labels, before, after }: Difference): Rename[] {
  if (meaning !== "renamed" || labels.length < 2) return [];
  const within = path.slice(0, path.lastIndexOf(".") + 1);
  return [{ within, index: labels.length - 2, now: textOf(before), former: textOf(after) }];
}

function labelsOf({ path, labels }: Difference, renames: readonly Rename[]): readonly string[] {
  const own = renames.filter(({ within }) => path.startsWith(within));
  return labels.map((label, index) =>
    own
      .filter((rename) => rename.index === index)
      .reduce((text, { now, former }) => {
        const quoted = text.includes(`"${now}"`);
        return text.replace(quoted ? `"${now}"` : now, () => (quoted ? `"${former}"` : former));
      }, label),
  );
}

function sidesExchanged({ type, before, after, shown, ...rest }: Difference): Difference {
  return {
    ...rest,
    type: type === "added" ? "removed" : type === "removed" ? "added" : type,
    ...(after === undefined ? {} : { before: after }),
    ...(before === undefined ? {} : { after: before }),
    ...(shown
      ? {
          shown: {
            ...(shown.after === undefined ? {} : { before: shown.after }),
            ...(shown.before === undefined ? {} : { after: shown.before }),
          },
        }
      : {}),
  };
}
