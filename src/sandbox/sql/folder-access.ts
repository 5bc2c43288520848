import type { AccessControl } from "../access/access-control.ts";
import { folderScope } from "../access/evaluator.ts";
import { resourceAccess, type ResourceAccess } from "../access/resource-access.ts";
import { folderOf } from "../k8s/metadata.ts";
import { failure, forbidden } from "../k8s/status.ts";

/** Access to folders in SQL tables: the same rules as in unified storage with different errors. */
export function sqlFolderAccess(control: AccessControl): ResourceAccess {
  const usual = resourceAccess(control, "folders", "Access denied");
  return {
    ...usual,
    requireCreate(caller, draft) {
      if (control.can(caller, "folders:create", folderScope(folderOf(draft)))) return;
      throw forbidden("not enough permissions to create a folder in the selected location");
    },
    requireUpdate(caller, { metadata }, draft) {
      const target = folderOf(draft);
      if (target !== folderOf(metadata)) {
        const mayMove = ["folders:create", "folders:write"].some((action) =>
          control.can(caller, action, folderScope(target)),
        );
        if (!mayMove) {
          const message = "Access denied to the destination folder";
          throw failure(403, message, "Forbidden", { uid: "folders.forbiddenMove" });
        }
      }
      if (!control.can(caller, "folders:write", folderScope(metadata.name))) {
        throw failure(500, "access denied to folder");
      }
    },
  };
}
