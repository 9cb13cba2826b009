// Asks the validators of @kubernetes-models about objects: a list of them on stdin, problems on stdout. The validators let
// unknown fields pass, so each object is handed to them in a shell that notes which fields they look at.
//
// node validate.mjs NODE_MODULES

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const MODELS = {
  "argoproj.io/v1alpha1 Application": "argo-cd/_schemas/ComGithubArgoprojArgoCdV3PkgApisApplicationV1alpha1Application.js",
  "kustomize.toolkit.fluxcd.io/v1 Kustomization": "flux-cd/_schemas/ComGithubFluxcdKustomizeControllerApiV1Kustomization.js",
  "source.toolkit.fluxcd.io/v1 GitRepository": "flux-cd/_schemas/ComGithubFluxcdSourceControllerApiV1GitRepository.js",
};

// The value as validators see it; `fields` grows by the path of each field, and by whether it was looked at.
function watched(value, path, fields) {
  if (value === null || typeof value !== "object") return value;
  const inner = new Map();
  for (const [key, item] of Object.entries(value)) {
    const field = { path: `${path}/${key}`, seen: false };
    fields.push(field);
    inner.set(key, { field, item: watched(item, field.path, fields) });
  }
  return new Proxy(value, {
    get(target, key) {
      const found = inner.get(key);
      if (!found) return target[key];
      found.field.seen = true;
      return found.item;
    },
  });
}

async function problems(folder, object) {
  const kind = `${object.apiVersion} ${object.kind}`;
  const model = MODELS[kind];
  if (!model) return [`no model for ${kind}`];
  const { validate } = await import(pathToFileURL(resolve(folder, "@kubernetes-models", model)));
  const fields = [];
  const told = validate(watched(object, "", fields)) ? [] : validate.errors;
  const name = `${object.kind}/${object.metadata?.name}`;
  return [
    ...told.map((error) => `${name}: ${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`),
    ...fields.filter((field) => !field.seen).map((field) => `${name}: ${field.path}: unknown field`),
  ];
}

const found = [];
for (const object of JSON.parse(readFileSync(0, "utf8"))) found.push(...(await problems(process.argv[2], object)));
process.stdout.write(JSON.stringify(found));
