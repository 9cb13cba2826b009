// Asks the TypeScript compiler whether dashboards are what the types of the oldest and of the newest Grafana say, unknown
// fields included: a list of dashboards on stdin, on stdout the list of what is wrong with each.
//
// node grafana.mjs NODE_MODULES

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const packages = resolve(process.argv[2]);
const ts = createRequire(join(packages, "x.js"))("typescript");
const TYPES = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "dashboard.ts"), "utf8");
const NEWEST = "@grafana/schema";
const SCHEMAS = ["grafana-schema-10", NEWEST];

// The compiler finds packages beside the sources, so these seem to be there.
const folder = join(packages, "..");
const dashboards = JSON.parse(readFileSync(0, "utf8"));
const sources = new Map([[join(folder, "dashboard.ts"), TYPES]]);
dashboards.forEach((dashboard, at) => {
  const text = `import type { Dashboard } from "./dashboard";\nexport const it: Dashboard = ${JSON.stringify(dashboard)};\n`;
  sources.set(join(folder, `dashboard-${at}.ts`), text);
});

function program(schema) {
  const options = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // What a package of Grafana's imports of itself is its own as well.
    paths: schema === NEWEST ? {} : { [NEWEST]: [join(packages, schema)], [`${NEWEST}/*`]: [join(packages, schema, "*")] },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  host.getSourceFile = (name, language, ...rest) =>
    sources.has(name) ? ts.createSourceFile(name, sources.get(name), language, true) : getSourceFile(name, language, ...rest);
  return ts.createProgram([...sources.keys()], options, host);
}

// Where in the dashboard a problem is.
function path(file, start) {
  const found = [];
  const walk = (node) => {
    if (start < node.getStart(file) || start >= node.end) return;
    if (ts.isPropertyAssignment(node)) found.push(node.name.text);
    if (ts.isArrayLiteralExpression(node.parent)) found.push(node.parent.elements.indexOf(node));
    ts.forEachChild(node, walk);
  };
  ts.forEachChild(file, walk);
  return `/${found.join("/")}`;
}

const found = dashboards.map(() => []);
for (const schema of SCHEMAS) {
  const all = program(schema);
  const version = JSON.parse(readFileSync(join(packages, schema, "package.json"), "utf8")).version;
  for (const told of ts.getPreEmitDiagnostics(all)) {
    const message = ts.flattenDiagnosticMessageText(told.messageText, "\n").split("\n").at(-1).trim();
    const at = told.file?.fileName.match(/\/dashboard-(\d+)\.ts$/)?.[1];
    if (at === undefined) throw new Error(`${told.file?.fileName}: ${message}`);
    found[at].push(`Grafana ${version}: ${path(told.file, told.start)}: ${message}`);
  }
}
process.stdout.write(JSON.stringify(found));
