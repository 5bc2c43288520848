import type { OtherForm } from "./facets.ts";

const ACTIONS = {
  write: (parts: string, form: string) => `writing ${form} over it loses ${parts}`,
  adopt: (parts: string) => `adopting it loses ${parts}`,
  delete: (parts: string, form: string) => `deleting it loses ${parts}, which ${form} can't represent`,
};

/** What an action loses of an object that the code's form can't represent: a sentence without the object's name. */
export function lossText(otherForm: OtherForm | undefined, action: keyof typeof ACTIONS): string | undefined {
  if (!otherForm?.lost) return undefined;
  const { parts, form } = otherForm.lost;
  return `was ${otherForm.note}; ${ACTIONS[action](parts, form)}`;
}

/** The reason and the fix for an object that is skipped because an option without names does not include it. */
export function lossReason({ lost }: OtherForm): string {
  return `has parts that ${lost?.form ?? "the code"} can't represent`;
}

export function lossHint(verb: "overwrite" | "delete", name: string): string {
  return `to ${verb} it, pass --overwrite-drift ${name} (without names, the option does not include it)`;
}
