import type { Kinds } from "../engine/desired.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { dashboardKind } from "./dashboard.ts";
import { datasourceKind } from "./datasource.ts";
import { folderKind } from "./folder.ts";

/** Every kind that the tool knows: one line each. The order of work comes from what they depend on. */
const all: readonly ResourceKind[] = [folderKind, datasourceKind, dashboardKind];

export const kinds: Kinds = new Map(all.map((kind) => [kind.name, kind]));
