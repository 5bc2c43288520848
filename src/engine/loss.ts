import type { OtherForm } from "./facets.ts";

const ACTIONS = {
  write: (parts: string, form: string) => `writing ${form} over it loses ${parts}`,
  adopt: (parts: string) => `adopting it loses ${parts}`,
  delete: (parts: string, form: string) => `deleting it loses ${parts}, which ${form} can't hold`,
};

/** What an action loses of an object that the code's form can't hold: a sentence without the object's name. */
export function lossText(otherForm: OtherForm | undefined, action: keyof typeof ACTIONS): string | undefined {
  if (!otherForm?.lost) return undefined;
  const { parts, form } = otherForm.lost;
  return `was ${otherForm.note}; ${ACTIONS[action](parts, form)}`;
}

/** The end of a sentence, and the step: an option without names does not include an object that would lose something. */
export function lossReason({ lost }: OtherForm): string {
  return `has parts that ${lost?.form ?? "the code"} can't hold`;
}

export function lossHint(verb: "overwrite" | "delete", name: string): string {
  return `name it to ${verb} it: --overwrite-drift ${name} (without names, the option does not include it)`;
}
