/** A value of Go. Undefined: an untyped nil, or a missing value. */
export type GoValue =
  undefined | string | boolean | GoInt | GoFloat | GoText | GoList | GoMap | GoStruct | GoPointer | GoDuration | GoTime;

export class GoInt {
  readonly value: bigint;
  readonly type: string;
  /** What it prints, for a type with a text such as `time.Month`. */
  readonly text: string | undefined;

  constructor(value: bigint | number, type = "int", text?: string) {
    this.value = BigInt(value);
    this.type = type;
    this.text = text;
  }
}

export class GoFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A text of another type than `string`, such as HTML that is not escaped. */
export class GoText {
  readonly value: string;
  readonly type: string;

  constructor(value: string, type: string) {
    this.value = value;
    this.type = type;
  }
}

export class GoDuration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

export class GoTime {
  /** Since 1970. */
  readonly nanoseconds: bigint;
  /** A name of the IANA time zone database. */
  readonly zone: string;

  constructor(nanoseconds: bigint, zone = "UTC") {
    this.nanoseconds = nanoseconds;
    this.zone = zone;
  }
}

/** A function or method. `parameters` are Go's types; `rest` is the type of further arguments. */
export interface GoFunction {
  readonly parameters: readonly string[];
  readonly rest?: string;
  readonly call: (...args: GoValue[]) => GoValue;
}

export type Methods = Readonly<Record<string, GoFunction>>;

/** A slice. */
export class GoList {
  readonly items: readonly GoValue[];
  readonly type: string;
  readonly methods: Methods;

  constructor(items: readonly GoValue[], type: string, methods: Methods = {}) {
    this.items = items;
    this.type = type;
    this.methods = methods;
  }
}

/** A map with text keys. */
export class GoMap {
  readonly entries: ReadonlyMap<string, GoValue>;
  readonly type: string;
  /** The value of a missing key. */
  readonly zero: GoValue;
  readonly methods: Methods;
  readonly isNil: boolean;

  constructor(
    entries: ReadonlyMap<string, GoValue>,
    options: { readonly type: string; readonly zero?: GoValue; readonly methods?: Methods; readonly isNil?: boolean },
  ) {
    this.entries = entries;
    this.type = options.type;
    this.zero = options.zero;
    this.methods = options.methods ?? {};
    this.isNil = options.isNil ?? false;
  }

  /** In the order in which Go ranges over and prints maps. */
  sorted(): [string, GoValue][] {
    return [...this.entries].toSorted(([a], [b]) => compareTexts(a, b));
  }
}

/** A field of a struct. */
export interface GoField {
  readonly value: GoValue;
  /** Its name in JSON. Default: that of the field. */
  readonly json?: string;
  /** `empty`: it is omitted from JSON if it is empty. `always`: it is never in JSON. */
  readonly omitted?: "empty" | "always";
}

export class GoStruct {
  readonly fields: Readonly<Record<string, GoField>>;
  readonly type: string;
  readonly methods: Methods;

  constructor(type: string, fields: Readonly<Record<string, GoField>>, methods: Methods = {}) {
    this.type = type;
    this.fields = fields;
    this.methods = methods;
  }
}

/** A pointer to a simple value. */
export class GoPointer {
  readonly target: GoValue;
  readonly type: string;

  constructor(target: GoValue, type: string) {
    this.target = target;
    this.type = type;
  }
}

/** Compares texts by their bytes, as Go does. */
export function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The text that an argument of the type `string` is. */
export function stringOf(value: GoValue): string {
  return typeof value === "string" ? value : "";
}

export function textsIn(list: GoValue): string[] {
  return list instanceof GoList ? list.items.flatMap((item) => (typeof item === "string" ? item : [])) : [];
}

export function textList(texts: readonly string[]): GoList {
  return new GoList(texts, "[]string");
}
