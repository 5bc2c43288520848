import type { Caller } from "../access/caller.ts";
import type { Grant } from "../access/levels.ts";
import { KeyedMutex } from "../concurrency.ts";
import { sortedJson } from "../json.ts";
import type { History } from "./history.ts";
import type { KindRules } from "./kind-rules.ts";
import {
  annotation,
  internalIdLabel,
  managedFields,
  validateMetadata,
  type Draft,
  type ManagedFields,
  type ObjectMeta,
} from "./metadata.ts";
import { storedObject, type ObjectCollection, type StoredObject } from "./objects.ts";
import { takePage } from "./pages.ts";
import { historyOf } from "./selectors.ts";
import { alreadyExists, conflict, failure, invalid, notFound, preconditionFailed, type KindNames } from "./status.ts";
import type { HistoryForm, List, ListRequest, Storage } from "./storage.ts";
import { clientAnnotations, deletedMetadata, isSame, maps, now, pick, statusAfter } from "./written-metadata.ts";

export interface WriteOptions {
  readonly caller: Caller;
  readonly dryRun?: boolean;
  /** Whether an update creates a missing object. */
  readonly createMissing?: boolean;
}

interface Write {
  readonly caller: Caller;
  readonly dryRun: boolean;
}

interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Stores of a kind's objects, deleted objects and older versions. */
interface Kept {
  readonly objects: ObjectCollection;
  readonly trash: ObjectCollection;
  readonly history: History | undefined;
}

const namespace = "default";

/** The objects of a kind with Kubernetes semantics. */
export class Resource {
  readonly rules: KindRules;
  readonly objects: ObjectCollection;
  readonly trash: ObjectCollection;
  readonly storage: Storage;
  readonly #history: History | undefined;
  readonly #writes = new KeyedMutex();

  constructor(rules: KindRules, storage: Storage, { objects, trash, history }: Kept) {
    this.rules = rules;
    this.objects = objects;
    this.trash = trash;
    this.storage = storage;
    this.#history = history;
  }

  get names(): KindNames {
    return this.rules.names;
  }

  async list(request: ListRequest, caller: Caller): Promise<List> {
    const { access } = this.rules;
    const { history } = this.storage;
    const name = history && historyOf(request.selector, request.fieldSelector);
    if (history && name !== undefined) return this.#versions(name, history, request, caller);
    return this.storage.list(this.objects, this.trash, request, {
      all: access.readsAll(caller),
      live: (object) => access.canRead(caller, object),
      deleted: (object) => access.canReadDeleted(caller, object),
    });
  }

  async #versions(name: string, form: HistoryForm, request: ListRequest, caller: Caller): Promise<List> {
    const before = form.before(request.continue);
    const current = this.objects.get(name);
    const all = current === undefined ? [] : ((await this.#history?.versions(current, before)) ?? []);
    const seen = all.flatMap((one) => form.shown(one, current ?? one, this.rules.access, caller) ?? []);
    const { objects, next } = takePage(seen, request.limit);
    const resourceVersion = form.listVersion(this.objects);
    const more = next === undefined ? {} : { continue: form.token(next, objects.length) };
    return { objects, metadata: { resourceVersion, ...more } };
  }

  /** Throws if the object does not exist or the caller can't read it. */
  get(name: string, caller: Caller): StoredObject {
    const object = this.objects.get(name);
    if (object === undefined) throw this.#notFound(name);
    this.rules.access.requireRead(caller, object);
    return object;
  }

  async create(draft: Draft, options: WriteOptions): Promise<StoredObject> {
    return this.#write(draft.name, async () => this.#create(draft, this.#writeOf(options), "create"));
  }

  /** Reads an object, calls `build` and writes its result, atomically. */
  async update(
    name: string,
    build: (previous: StoredObject | undefined) => Draft,
    options: WriteOptions,
  ): Promise<{ object: StoredObject; created: boolean }> {
    return this.#write(name, async () => {
      const write = this.#writeOf(options);
      const previous = this.objects.get(name);
      if (previous !== undefined) {
        this.rules.access.requireRead(options.caller, previous);
        return { object: await this.#update(build(previous), previous, write), created: false };
      }
      if (options.createMissing !== true) throw this.#notFound(name);
      return { object: await this.#create(build(undefined), write, "upsert"), created: true };
    });
  }

  async delete(name: string, options: WriteOptions & { preconditions?: Preconditions }): Promise<StoredObject> {
    return this.#write(name, async () => {
      const object = this.get(name, options.caller);
      const { uid, resourceVersion } = (this.storage.checksMetadata ? options.preconditions : undefined) ?? {};
      const { metadata } = object;
      if (uid !== undefined && uid !== metadata.uid) {
        throw preconditionFailed(this.names, name, "UID", uid, metadata.uid);
      }
      if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
        throw preconditionFailed(this.names, name, "ResourceVersion", resourceVersion, metadata.resourceVersion);
      }
      this.rules.validateDelete?.(object, options.caller);
      if (this.#writeOf(options).dryRun) return object;
      this.rules.access.requireDelete(options.caller, object);
      await this.rules.deleteContents?.(object, options.caller);
      await this.discard(object, options.caller);
      return object;
    });
  }

  /** Replaces the permissions on an object without a new version. */
  async setGrants(name: string, grants: readonly Grant[]): Promise<void> {
    await this.#write(name, async () => {
      const object = this.objects.get(name);
      if (object === undefined) throw this.#notFound(name);
      await this.objects.put({ ...object, grants });
    });
  }

  /** Deletes without checks. The caller holds this kind's guard. */
  async discard(object: StoredObject, caller: Caller): Promise<void> {
    const { metadata } = object;
    // Grafana does not list managed objects in the trash.
    if (this.storage.keepsDeleted && metadata.annotations?.[annotation.managedBy] === undefined) {
      await this.trash.put({ ...object, metadata: deletedMetadata(metadata, this.storage, caller) });
    }
    await this.#history?.remove(metadata.name);
    await this.objects.remove(metadata.name);
  }

  #writeOf({ caller, dryRun }: WriteOptions): Write {
    return { caller, dryRun: dryRun === true && this.storage.dryRuns };
  }

  #notFound(name: string): Error {
    return this.rules.notFound?.(name) ?? notFound(this.names, name);
  }

  async #write<T>(name: string, task: () => Promise<T>): Promise<T> {
    return this.rules.guard(async () => this.#writes.run(name, task));
  }

  async #create(draft: Draft, write: Write, how: "create" | "upsert"): Promise<StoredObject> {
    const { caller, dryRun } = write;
    const { access, checksCreateFirst = false } = this.rules;
    if (!dryRun && checksCreateFirst) access.requireCreate(caller, draft);
    if (draft.name === "") {
      const message = "Required value: name or generateName is required";
      throw invalid(this.names, "", [{ field: "metadata.name", reason: "FieldValueRequired", message }]);
    }
    this.rules.normalize(draft, undefined);
    if (this.storage.checksMetadata) validateMetadata(this.names, draft);
    this.rules.validate(draft, undefined, write);
    if (!dryRun && !checksCreateFirst) access.requireCreate(caller, draft);
    if (this.objects.get(draft.name) !== undefined) {
      throw this.rules.alreadyExists?.(draft.name) ?? alreadyExists(this.names, draft.name);
    }
    if (dryRun) this.rules.validateDryRunCreate?.(draft);
    if (draft.resourceVersion !== "" && this.storage.checksMetadata)
      throw failure(500, "resourceVersion should not be set on objects to be created");
    const sent = clientAnnotations(draft.annotations);
    const id = dryRun ? undefined : this.storage.internalId(draft.labels[internalIdLabel]);
    const metadata: ObjectMeta = {
      name: draft.name,
      namespace,
      uid: this.storage.uid(this.names, draft),
      resourceVersion: dryRun ? "" : this.storage.resourceVersion(1),
      generation: dryRun ? (this.rules.dryRunGeneration ?? 1) : 1,
      creationTimestamp: now(),
      ...maps(
        { ...draft.labels, ...(id === undefined ? {} : { [internalIdLabel]: id }) },
        dryRun ? draft.annotations : { ...sent, [annotation.createdBy]: this.storage.author(caller) },
      ),
      ...this.#managers(draft, []),
    };
    const grants = this.rules.grants(draft, caller, how);
    const object = storedObject(draft.version, metadata, sortedJson(draft.spec), draft.spec, {
      grants,
      more: draft.more,
    });
    if (dryRun) return object;
    const kept = this.storage.kept(object);
    await this.#keepMessage(object, kept);
    await this.objects.put(kept);
    await this.trash.remove(draft.name);
    return this.storage.answered(object, kept, true);
  }

  async #update(draft: Draft, previous: StoredObject, write: Write): Promise<StoredObject> {
    const { names } = this;
    const { caller, dryRun } = write;
    const before = previous.metadata;
    this.rules.normalize(draft, previous);
    if (
      this.storage.checksMetadata &&
      draft.resourceVersion !== "" &&
      draft.resourceVersion !== before.resourceVersion
    ) {
      throw conflict(names, before.name);
    }
    if (this.storage.checksMetadata && draft.uid !== "" && draft.uid !== before.uid) {
      const why = `Precondition failed: UID in precondition: ${draft.uid}, UID in object meta: ${before.uid}`;
      throw failure(500, `precondition failed: StorageError: invalid object, Code: 4, AdditionalErrorMsg: ${why}`);
    }
    if (this.storage.checksMetadata) validateMetadata(names, draft);
    this.rules.validate(draft, previous, write);
    const spec = sortedJson(draft.spec);
    const sent = clientAnnotations(draft.annotations);
    const more = { status: statusAfter(draft, previous), more: draft.more, grants: previous.grants };
    const fixed = { name: before.name, namespace, uid: before.uid, creationTimestamp: before.creationTimestamp };
    if (dryRun) {
      const { resourceVersion, generation } = before;
      const metadata = { ...fixed, resourceVersion, generation, ...maps(draft.labels, draft.annotations) };
      return storedObject(draft.version, metadata, spec, draft.spec, more);
    }
    this.rules.access.requireUpdate(caller, previous, draft);
    const generations = this.rules.generations(
      { version: draft.version, spec, more: draft.more, annotations: sent },
      previous,
    );
    const changed = generations > 0;
    const generation = before.generation + generations;
    const metadata: ObjectMeta = {
      ...fixed,
      resourceVersion: this.storage.resourceVersion(before.generation + 1),
      generation,
      ...maps(
        { ...draft.labels, ...pick(before.labels, internalIdLabel) },
        {
          ...sent,
          ...pick(before.annotations, annotation.createdBy),
          ...(changed
            ? { [annotation.updatedBy]: this.storage.author(caller), [annotation.updatedTimestamp]: now() }
            : pick(before.annotations, annotation.updatedBy, annotation.updatedTimestamp)),
        },
      ),
      ...this.#managers(draft, before.managedFields),
    };
    const object = storedObject(draft.version, metadata, spec, draft.spec, more);
    const kept = this.storage.kept(object, previous);
    if (!changed && isSame(kept, previous)) {
      // A dry run writes nothing, and its response has no resourceVersion.
      return { ...object, metadata: { ...metadata, resourceVersion: "" } };
    }
    await this.#history?.keep(before);
    await this.#keepMessage(object, kept);
    await this.objects.put(kept);
    return this.storage.answered(object, kept, false);
  }

  async #keepMessage(written: StoredObject, kept: StoredObject): Promise<void> {
    if (kept === written) return;
    await this.#history?.keepMessage(kept.metadata, written.metadata.annotations?.[annotation.message] ?? "");
  }

  /** The clients that wrote an object. */
  #managers(
    { manager, version }: Draft,
    before: readonly ManagedFields[] | undefined,
  ): Pick<ObjectMeta, "managedFields"> {
    const keeps = this.storage.keepsManagers && this.rules.keepsManagers?.(version);
    // A lost record is not restored.
    if (!keeps || before === undefined) return {};
    const others = before.filter((one) => one.manager !== manager);
    const own = managedFields(manager, `${this.names.group}/${version}`, now());
    return { managedFields: [...others, own] };
  }
}
