import type { ResourceKind } from "../../engine/resource.ts";
import { isObject, textOf } from "../../util/json.ts";
import { queryTexts } from "../dashboard/view/facts.ts";
import { DASHBOARD_FORM } from "../dashboard/model/canonical.ts";
import type { LibraryPanel } from "./builder.ts";
import { canonical, differencesOf, modelToSend } from "./canonical.ts";
import { checks } from "./checks.ts";
import { findLibraryPanel, listLibraryPanels, type LiveLibraryPanel } from "./live.ts";
import { access } from "./permissions.ts";
import { folderIn } from "../reference.ts";
import { referencesOf, usesOf } from "./references.ts";
import { removeLibraryPanel } from "./remove.ts";
import { createElement, updateElement } from "./requests.ts";
import { rollback } from "./rollback.ts";
import { LibraryPanelSchema } from "./schema.ts";
import { foreign } from "./foreign.ts";
import { lint } from "./lint.ts";
import { source } from "./source.ts";
import { mapping } from "./mapping.ts";

export const libraryPanelKind: ResourceKind<LibraryPanel, LiveLibraryPanel> = {
  name: "library-panel",
  dependsOn: ["folder", "datasource"],
  // A save in Grafana's UI replaces the model, so a mark in it would be lost.
  marking: "ledger",
  idIs: "uid",
  schema: LibraryPanelSchema,
  access,

  id: ({ uid }) => uid,
  title: ({ name }) => name.trim(),
  references: referencesOf,

  list: listLibraryPanels,
  find: findLibraryPanel,

  desired: (desired, live) =>
    canonical({ name: desired.title, folder: folderIn(desired, live), model: desired.resource.model }),
  observed: ({ title, parent = "", model }) => canonical({ name: title, folder: parent, model }),

  write({ grafana: { client } }, { desired, live }) {
    const { id: uid, title: name, resource } = desired;
    const content = { uid, name, model: modelToSend(resource.model) };
    return live
      ? updateElement(client, content, live.version)
      : createElement(client, content, folderIn(desired) || undefined);
  },
  remove: removeLibraryPanel,
  rollback,

  checks,
  comparison: { since: DASHBOARD_FORM, differences: differencesOf },
  deletion: { uses: usesOf },
  mapping,
  placement: { property: "folder" },
  existing: {
    create: (client, uid) =>
      createElement(client, { uid, name: `${uid} (existing)`, model: { type: "text" } }, undefined),
  },
  foreign,
  lint,
  source,
  view: {
    section: { title: "Dashboards", rank: 110 },
    risks: { update: "changes in every dashboard that shows it" },
    facts: ({ model }) =>
      isObject(model) ? [[`${textOf(model["type"])} panel`, queryTexts(model)].filter(Boolean).join(": ")] : [],
  },
};
