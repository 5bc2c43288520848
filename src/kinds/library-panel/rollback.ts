import type { RollbackFacet } from "../../engine/facets.ts";
import { moveObstacle } from "./checks.ts";
import { liveLibraryPanel, type LiveLibraryPanel } from "./live.ts";
import { createElement, Element, updateElement } from "./requests.ts";

export const rollback: RollbackFacet<LiveLibraryPanel> = {
  snapshot: ({ id, title, parent = "", version, model }) => ({
    uid: id,
    name: title,
    folderUid: parent,
    version: Number(version),
    model,
  }),
  restoreSnapshot: (context, snapshot) => liveLibraryPanel(Element.parse(snapshot), context),
  limits({ before, live }) {
    const obstacle = live && moveObstacle(before.parent, live);
    return { losses: [], ...(obstacle === undefined ? {} : { obstacle }) };
  },
  restore({ grafana: { client } }, { before: { id: uid, title: name, parent, model }, live }) {
    const content = { uid, name, model };
    return live ? updateElement(client, content, live.version) : createElement(client, content, parent);
  },
};
