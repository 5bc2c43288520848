import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../util/duration.ts";

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

/** 100 years, in milliseconds. */
const LONGEST_LIFETIME = 100 * 365 * 86_400_000;

/** A duration from a second to 100 years, in seconds. */
export function lifetime(text: string): number {
  const milliseconds = parseDuration(text) ?? 0;
  if (milliseconds < 1000 || milliseconds > LONGEST_LIFETIME)
    throw new InvalidArgumentError("must be a duration from 1s to 100y, such as 90d or 12h");
  return Math.floor(milliseconds / 1000);
}

/** The option that skips questions. */
export const yes = () => new Option("-y, --yes", "skip confirmation prompts").default(false);
