import { KeyedMutex } from "../concurrency.ts";
import type { SandboxContext } from "../context.ts";
import { SandboxDataError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import { numberOf, panelFile, panelFromFile, type LibraryPanel } from "./library-panel.ts";

/** How long Grafana caches a panel's folder, even if the panel is deleted. */
const rememberedMilliseconds = 30_000;

/** The library panels, one file per panel. */
export class LibraryPanels {
  readonly #context: SandboxContext;
  readonly #files: JsonFiles;
  readonly #counterFiles: JsonFiles;
  readonly #byUid = new Map<string, LibraryPanel>();
  readonly #removed = new Map<string, number>();
  readonly #mutex = new KeyedMutex();
  #lastId = 0;

  constructor(context: SandboxContext) {
    this.#context = context;
    this.#files = context.files("library-panels");
    this.#counterFiles = context.files("library-panel-counter");
  }

  async load(): Promise<void> {
    for await (const { file, value } of this.#files.load()) {
      const panel = panelFromFile(value);
      if (panel === undefined) throw new SandboxDataError(file, "not a library panel");
      this.#byUid.set(panel.uid, panel);
    }
    for await (const { value } of this.#counterFiles.load()) this.#lastId = numberOf(value["last"]);
    this.#lastId = Math.max(this.#lastId, ...this.all().map(({ id }) => id));
  }

  all(): LibraryPanel[] {
    return [...this.#byUid.values()];
  }

  get(uid: string): LibraryPanel | undefined {
    return this.#byUid.get(uid);
  }

  inFolder(folder: string): LibraryPanel[] {
    return this.all().filter(({ listedIn }) => listedIn === folder);
  }

  /** Whether a panel with this uid was deleted so recently that Grafana still caches its folder. */
  wasRemoved(uid: string): boolean {
    return Date.now() - (this.#removed.get(uid) ?? 0) < rememberedMilliseconds;
  }

  /** Runs a write exclusively. Folders can't be deleted during the write. */
  async write<T>(task: () => Promise<T>): Promise<T> {
    return this.#context.tree.shared(async () => this.#mutex.run("", task));
  }

  /** An id is never reused, even after its panel is deleted. */
  async nextId(): Promise<number> {
    this.#lastId += 1;
    await this.#counterFiles.write("last", JSON.stringify({ last: this.#lastId }));
    return this.#lastId;
  }

  /** Stores a panel; `previousUid` is its uid before this write. */
  async store(panel: LibraryPanel, previousUid: string = panel.uid): Promise<void> {
    await this.#files.write(String(panel.id), panelFile(panel));
    this.#byUid.delete(previousUid);
    this.#byUid.set(panel.uid, panel);
  }

  async remove({ id, uid }: LibraryPanel): Promise<void> {
    await this.#files.remove(String(id));
    this.#byUid.delete(uid);
    this.#removed.set(uid, Date.now());
  }
}
