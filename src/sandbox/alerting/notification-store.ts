import { join } from "node:path";
import type { SandboxContext } from "../context.ts";
import { SandboxDataError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import type { JsonObject } from "../json.ts";
import type { Strings } from "../k8s/metadata.ts";
import { readSecretNames, writeSecretNames } from "../secret-names.ts";
import { defaultDocument, documentFile, documentFromFile, type NotificationDocument } from "./notification-document.ts";
import type { NotificationReferences } from "./notification-settings.ts";

const documentName = "notifications";

/** Copies that a change modifies. They become current once they are on disk. */
export interface NotificationDraft {
  readonly document: NotificationDocument;
  /** Secrets by the integration's uid, then by the setting's path. */
  readonly secrets: Map<string, Strings>;
}

/** The document of contact points, mute timings, templates and policies. The values of secrets are only in memory. */
export class NotificationStore {
  readonly #files: JsonFiles;
  readonly #secretFiles: JsonFiles;
  #document: NotificationDocument = defaultDocument();
  #secrets = new Map<string, Strings>();

  constructor(context: SandboxContext) {
    this.#files = context.files("alerting");
    this.#secretFiles = context.files(join("secrets", "contact-points"), 0o600);
  }

  async load(): Promise<void> {
    for await (const { file, value } of this.#files.load()) this.#document = readFile(file, value);
    const uids = new Set(this.#document.receivers.flatMap(({ integrations }) => integrations.map(({ uid }) => uid)));
    this.#secrets = await readSecretNames(this.#secretFiles, (uid) => uids.has(uid));
  }

  /** Must not be modified: use `draft`. */
  get document(): NotificationDocument {
    return this.#document;
  }

  secretsOf(uid: string): Strings {
    return this.#secrets.get(uid) ?? {};
  }

  /** Names that rules and policies can refer to. */
  references(): NotificationReferences {
    return {
      receivers: new Set(this.#document.receivers.map(({ name }) => name)),
      timeIntervals: new Set(this.#document.muteTimings.map(({ name }) => name)),
    };
  }

  draft(): NotificationDraft {
    return { document: structuredClone(this.#document), secrets: new Map(this.#secrets) };
  }

  async store({ document, secrets }: NotificationDraft): Promise<void> {
    // Secrets first: if the process is killed in between, a secrets file without integration is ignored, but an integration without secrets would lose them.
    for (const [uid, secureSettings] of secrets) {
      if (secureSettings !== this.#secrets.get(uid)) await writeSecretNames(this.#secretFiles, uid, secureSettings);
    }
    await this.#files.write(documentName, JSON.stringify(documentFile(document)));
    for (const uid of this.#secrets.keys()) if (!secrets.has(uid)) await this.#secretFiles.remove(uid);
    this.#document = document;
    this.#secrets = secrets;
  }
}

function readFile(file: string, value: JsonObject): NotificationDocument {
  try {
    return documentFromFile(value);
  } catch {
    throw new SandboxDataError(file, "no notification settings");
  }
}
