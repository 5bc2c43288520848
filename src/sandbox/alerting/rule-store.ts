import type { SandboxContext } from "../context.ts";
import { SandboxDataError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import { ruleFile, ruleFromFile, type AlertRule } from "./alert-rule.ts";
import { byText } from "./names.ts";

const writesAtOnce = 16;

/** The changes of a request. All of them are stored, or the request fails. */
export interface RuleChanges {
  readonly write: readonly AlertRule[];
  readonly remove: readonly string[];
}

/** Alert and recording rules, one file per rule. */
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

  /** All rules, sorted by folder, group and position. */
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
    // Writes before deletions, so that a moved rule is not lost if the process is killed.
    for (let start = 0; start < write.length; start += writesAtOnce) {
      const batch = write.slice(start, start + writesAtOnce);
      await Promise.all(batch.map(async (rule) => this.#files.write(rule.uid, JSON.stringify(ruleFile(rule)))));
    }
    for (const uid of remove) await this.#files.remove(uid);
    for (const uid of remove) this.#byUid.delete(uid);
    for (const rule of write) this.#byUid.set(rule.uid, rule);
    this.#sorted = undefined;
  }

  /** Ids are never reused, even after a deletion. */
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
  if (rule === undefined) throw new SandboxDataError(file, "not an alert rule");
  return rule;
}
