import { InvalidArgumentError, Option } from "commander";

/** A whole number of at least 1. */
export function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("must be a whole number of at least 1");
  return number;
}

/** A whole number of at least 0. */
export function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("must be a whole number of at least 0");
  return number;
}

/** The option that skips questions. */
export const yes = () => new Option("-y, --yes", "skip confirmation prompts").default(false);
