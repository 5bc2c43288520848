import { z } from "zod";
import type { UncheckedSecrets } from "../engine/change.ts";

export const UncheckedSecretsSchema = z
  .strictObject({
    address: z.string(),
    reason: z.enum(["key", "variable", "mark", "source"]),
    variables: z.array(z.string()),
  })
  .meta({
    description:
      "Why the secrets of a resource could not be compared. `key`: `GRAFANA_PROVISION_KEY` is not set. `variable`: the variables in `variables` are not set. `mark`: the object has no mark. `source`: the values of `variables` come from files or commands, which are read only when a value is sent.",
  });

/** Unchecked secrets by reason: a list with a title for each. */
export function uncheckedLists(unchecked: readonly UncheckedSecrets[]): { title: string; names: string[] }[] {
  const of = (reason: UncheckedSecrets["reason"]) => unchecked.filter((one) => one.reason === reason);
  const lists = [
    {
      title: "Secrets not compared because GRAFANA_PROVISION_KEY is not set (--refresh-secrets sends them)",
      names: of("key").map(({ address }) => address),
    },
    {
      title: "Secrets not compared because their variables are not set",
      names: of("variable").map(({ address, variables }) => `${address} (${variables.join(", ")})`),
    },
    {
      title: "Secrets not compared because their objects have no mark (--refresh-secrets sends them)",
      names: of("mark").map(({ address }) => address),
    },
    {
      title:
        "Secrets not compared because files and commands are read only to send them (--refresh-secrets sends them)",
      names: of("source").map(({ address, variables }) => `${address} (${variables.join(", ")})`),
    },
  ];
  return lists.filter(({ names }) => names.length > 0);
}
