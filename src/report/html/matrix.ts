import type { Group, Row } from "../environment-rows.ts";
import { countOf } from "../../util/plural.ts";
import { markup, type Markup } from "../../util/markup.ts";

/** A cell of the matrix. */
export interface Cell {
  readonly text: string;
  /** A CSS class. */
  readonly status: string;
}

/** One of the environments, as its column and its entry in the list show it. */
export interface Column {
  readonly name: string;
  /** `Grafana 12.4.0 at https://…` */
  readonly description?: string;
  readonly summary: string;
  /** Set if it could not be read. */
  readonly problem?: string;
}

/** The anchor of a group. */
export function groupId(row: number, group: number): string {
  return `r${row}-${group}`;
}

/** A row for each resource, a column for each environment, and a link to what happens to the resource there. */
export function matrixMarkup<Item>(
  columns: readonly Column[],
  rows: readonly Row<Item>[],
  cellOf: (item: Item) => Cell,
): Markup | undefined {
  if (rows.length === 0) return undefined;
  const head = columns.map(({ name }) => markup`<th scope="col">${name}</th>`);
  const lines = rows.map(({ address, groups }, row) => {
    const cells = columns.map(({ name, problem }) => {
      const index = groups.findIndex(({ environments }) => environments.includes(name));
      const group = groups[index];
      if (!group) return markup`<td>${problem === undefined ? "–" : "?"}</td>`;
      const { text, status } = cellOf(group.item);
      return markup`<td class="${status}"><span class="sign"></span><a href="#${groupId(row, index)}">${text}</a>${letterMarkup(group)}</td>`;
    });
    return markup`<tr><th scope="row">${address}</th>${cells}</tr>`;
  });
  return markup`<div class="matrix" role="region" aria-label="Resources and environments" tabindex="0"><table><thead><tr><th scope="col">${countOf(
    rows.length,
    "resource",
  )}</th>${head}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

function letterMarkup({ letter }: Pick<Group<unknown>, "letter">): Markup | undefined {
  return letter === undefined ? undefined : markup` <b class="letter">${letter}</b>`;
}

/** The environments that a group is about, for its card. */
export function groupMarkup(group: Pick<Group<unknown>, "letter" | "environments">, known: number): Markup {
  const { environments } = group;
  const names =
    environments.length === known && known > 1
      ? markup`<span>all ${known} environments</span>`
      : environments.map((name) => markup`<span>${name}</span> `);
  return markup`<p class="environments">${letterMarkup(group)} ${names}</p>`;
}

/** The maximum number of environments in an open list. */
const FEW = 12;

/** What each environment is, and what happens there in total. */
export function columnsMarkup(columns: readonly Column[]): Markup {
  const items = columns.map(({ name, description, summary, problem }) =>
    problem === undefined
      ? markup`<li><b>${name}</b> ${description ?? ""} <small>${summary}</small></li>`
      : markup`<li class="removed"><b>${name}</b> <span class="problem">${problem}</span></li>`,
  );
  const hasProblems = columns.some(({ problem }) => problem !== undefined);
  return markup`<details class="targets"${columns.length <= FEW || hasProblems ? markup` open` : undefined}><summary>${countOf(
    columns.length,
    "environment",
  )}</summary><ul>${items}</ul></details>`;
}
