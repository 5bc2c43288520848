import { EXIT, ProvisionError } from "../util/errors.ts";
import { LEDGER } from "./annotations.ts";

/** The ledger's annotation is damaged, so ownership is unknown: exit 1, and nothing is written. */
export class LedgerUnreadable extends ProvisionError {
  override name = "LedgerUnreadable";

  constructor(folder: string) {
    super(`The ledger of this project can't be read: the annotation ${LEDGER} of folder/${folder} is damaged`, {
      exitCode: EXIT.failure,
      code: "ledger-invalid",
      hint: "Restore the annotation. If that is not possible, remove it with a PATCH of the folder, then adopt the project's alerting objects again with --adopt.",
    });
  }
}

/** Another repository with the same owner has its ledger in the folder: exit 1, and nothing is written. */
export class OtherLedgerFolder extends ProvisionError {
  override name = "OtherLedgerFolder";

  constructor(folder: string, repository: string) {
    super(
      `The folder ${folder} holds the ledger of another repository with the same project name (id "${repository}")`,
      {
        exitCode: EXIT.failure,
        code: "ledger-of-other-repository",
        hint: `Set \`ledgerFolder\` in the configuration to a different folder. If the ledger belongs to your own repository, set id: "${repository}".`,
      },
    );
  }
}
