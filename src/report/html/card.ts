import type { Change } from "../../engine/change.ts";
import { address } from "../../engine/model.ts";
import { originText } from "../text.ts";
import { markup, type Markup } from "../../util/markup.ts";
import { STATUS_OF_ACTION } from "./status.ts";

/** One change of a plan, rendered. */
export interface Card {
  /** The anchor of the card. */
  readonly id: string;
  readonly change: Change;
  /** Additional text next to the address. */
  readonly about?: string;
  readonly content: Markup | undefined;
  /** The environments that the change is about, on a page about several. */
  readonly environments?: Markup;
}

const WORDS: Readonly<Record<Change["action"], string>> = {
  create: "add",
  update: "change",
  adopt: "adopt",
  delete: "delete",
};

/** `add`, `change`, `not applied`. */
export function actionText({ action, left }: Change): string {
  return left ? "not applied" : WORDS[action];
}

export function cardMarkup({ id, change, about = "", content, environments }: Card): Markup {
  const { kind, title, source, action, verified, left, sideEffect, revokes, loss } = change;
  const facts = [
    address(change),
    source?.file ?? "",
    about,
    left && action === "delete" ? "" : originText(change),
    verified ? "" : "not verified by Grafana",
  ];
  return markup`<article class="card ${left ? "left" : STATUS_OF_ACTION[action]} ${kind}" id="${id}"><header><h3><span class="sign"></span>${title} <span class="action">${actionText(
    change,
  )}</span></h3>${environments}<p>${facts.filter(Boolean).join(" · ")}</p>${left ? leftMarkup(change) : undefined}${
    sideEffect ? markup`<p class="note">${sideEffect}</p>` : undefined
  }${revokes ? markup`<p class="note">${revokes}</p>` : undefined}${loss ? markup`<p class="note">${loss}</p>` : undefined}</header>${content}</article>`;
}

function leftMarkup({ left, updatedBy, updatedByName, updatedAt }: Change): Markup | undefined {
  if (!left) return undefined;
  const who = updatedBy ? `, last by ${updatedByName ?? updatedBy}${updatedAt ? ` at ${updatedAt}` : ""}` : "";
  return markup`<p class="note">${left.message}${left.reason === "drift" ? who : ""}${
    left.hint ? markup`<br><small>${left.hint}</small>` : undefined
  }</p>`;
}
