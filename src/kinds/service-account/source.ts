import type { SourceFacet } from "../../engine/source.ts";
import { call, objectOf, valueOf } from "../../import/code/expression.ts";
import { serviceAccount } from "./builder.ts";
import type { LiveServiceAccount } from "./live.ts";

/** Without tokens, which are not part of the code. */
export const source: SourceFacet<LiveServiceAccount> = {
  directory: "access",
  file: "service-accounts",
  write: ({ id, role, disabled }, context) =>
    call(
      context.own("serviceAccount", serviceAccount),
      objectOf({ name: valueOf(id), role: valueOf(role), disabled: disabled ? valueOf(true) : undefined }),
    ),
};
