#!/usr/bin/env node
import "./require-node.js";
import { existsSync } from "node:fs";

// A published package holds dist/ (Node runs no TypeScript under node_modules); a checkout runs its sources.
const source = new URL("../src/cli.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli.js", import.meta.url).href);
