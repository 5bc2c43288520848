import { EXIT, ProvisionError } from "../util/errors.ts";
import { FORM } from "./marker.ts";
import { address, type LiveObject } from "../engine/model.ts";

/** Data that a later version wrote and this version can't read: exit 1, and nothing is written. */
export class WrittenByNewer extends ProvisionError {
  override name = "WrittenByNewer";

  /** `what`: the subject of the message, such as `The mark of folder/a`. */
  constructor(what: string) {
    super(`${what} was written by a newer version of grafana-provision`, {
      exitCode: EXIT.failure,
      code: "ownership-version-unsupported",
      hint: "Upgrade grafana-provision to at least the version that wrote it.",
    });
  }
}

/** Throws `WrittenByNewer` if an object of this project has the mark of a later version. */
export function mustBeReadable(kind: string, objects: readonly LiveObject[]): void {
  const newer = objects.find(({ applied }) => applied !== undefined && applied.form > FORM);
  if (newer) throw new WrittenByNewer(`The mark of ${address({ kind, id: newer.id })}`);
}
