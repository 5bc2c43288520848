import type { SandboxContext } from "../context.ts";
import { SandboxDataError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import { ruleFile, ruleFromFile, type AlertRule } from "./alert-rule.ts";
import { byText } from "./names.ts";

const writesAtOnce = 16;

/** What a request changes; either all of it is stored or the request fails. */
export interface RuleChanges {
  readonly write: readonly AlertRule[];
  readonly remove: readonly string[];
}

/** The alert and recording rules, one file each. */
export class RuleStore {
  readonly #files: JsonFiles;
  readonly #counterFiles: JsonFiles;
  readonly #byUid = new Map<string, AlertRule>();
  #lastId = 0;
  #sorted: readonly AlertRule[] | undefined;

  constructor(context: SandboxContext) {
    this.#files = context.files("alert-rules");
    this.#counterFiles = context.files("counters");
  }

  async load(): Promise<void> {
    for await (const { file, value } of this.#files.load()) {
      const rule = readFile(file, value);
      this.#byUid.set(rule.uid, rule);
      this.#lastId = Math.max(this.#lastId, rule.id);
    }
    for await (const { value } of this.#counterFiles.load()) {
      this.#lastId = Math.max(this.#lastId, Number(value["alertRule"] ?? 0));
    }
  }

  /** Every rule by folder, group and place in the group. */
  all(): readonly AlertRule[] {
    this.#sorted ??= [...this.#byUid.values()].toSorted(
      (a, b) =>
        byText(a.folderUid, b.folderUid) ||
        byText(a.ruleGroup, b.ruleGroup) ||
        a.groupIndex - b.groupIndex ||
        a.id - b.id,
    );
    return this.#sorted;
  }

  get(uid: string): AlertRule | undefined {
    return this.#byUid.get(uid);
  }

  inFolder(folderUid: string): AlertRule[] {
    return this.all().filter((rule) => rule.folderUid === folderUid);
  }

  group(folderUid: string, name: string): AlertRule[] {
    return this.all().filter((rule) => rule.folderUid === folderUid && rule.ruleGroup === name);
  }

  hasId(id: number): boolean {
    return this.all().some((rule) => rule.id === id);
  }

  get lastId(): number {
    return this.#lastId;
  }

  async store({ write, remove }: RuleChanges): Promise<void> {
    await this.#count(Math.max(this.#lastId, ...write.map(({ id }) => id)));
    // What a rule moves to is there before the place that it leaves is cleared.
    for (let start = 0; start < write.length; start += writesAtOnce) {
      const batch = write.slice(start, start + writesAtOnce);
      await Promise.all(batch.map(async (rule) => this.#files.write(rule.uid, JSON.stringify(ruleFile(rule)))));
    }
    for (const uid of remove) await this.#files.remove(uid);
    for (const uid of remove) this.#byUid.delete(uid);
    for (const rule of write) this.#byUid.set(rule.uid, rule);
    this.#sorted = undefined;
  }

  /** An id is never given twice, not even after its rule is gone. */
  async #count(id: number): Promise<void> {
    if (id === this.#lastId) return;
    await this.#counterFiles.write("alert-rules", JSON.stringify({ alertRule: id }));
    this.#lastId = id;
  }
}

function readFile(file: string, value: Parameters<typeof ruleFromFile>[0]): AlertRule {
  let rule: AlertRule | undefined;
  try {
    rule = ruleFromFile(value);
  } catch {
    rule = undefined;
  }
  if (rule === undefined) throw new SandboxDataError(file, "it holds no alert rule");
  return rule;
}
