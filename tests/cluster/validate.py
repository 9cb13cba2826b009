"""What the tests of tests/cluster ask Python: one request as JSON on standard input, the problems as a JSON list.

  validate.py schemas   [{"version": "1.33", "objects": [object]}]: each object against the strict schemas of that
                        Kubernetes version, or against schemas/ beside this file where it is not a built-in kind
  validate.py compare   [{"name": text, "ours": [document], "theirs": stream}]: whether kubectl's stream holds the same
                        objects as the documents that were written
"""

import functools
import json
import pathlib
import sys

import jsonschema
import referencing
import referencing.jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent
BUILT_IN = {"", "apps", "autoscaling", "batch", "networking.k8s.io", "policy", "rbac.authorization.k8s.io"}
DIALECT = referencing.jsonschema.DRAFT202012


def main():
    answer = {"schemas": schemas, "compare": compare}[sys.argv[1]]
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def schemas(batches):
    problems = []
    for batch in batches:
        for found in batch["objects"]:
            what = "{}: {}/{}".format(batch["version"], found["kind"], found["metadata"]["name"])
            checker = validator(batch["version"], found["apiVersion"], found["kind"])
            if checker is None:
                problems.append("{}: {} has no such kind".format(what, found["apiVersion"]))
                continue
            for error in checker.iter_errors(found):
                problems.append("{}: {}: {}".format(what, error.json_path, error.message[:300]))
    return problems


@functools.lru_cache(maxsize=None)
def validator(version, api_version, kind):
    group, _, api = api_version.rpartition("/")
    if group not in BUILT_IN:
        file = HERE / "schemas" / "{}.json".format(kind.lower())
        checker = jsonschema.Draft202012Validator(json.loads(file.read_text())) if file.is_file() else None
        right = checker is not None and checker.schema["properties"]["apiVersion"]["const"] == api_version
        return checker if right else None
    folder = versions() / "v{}.0-local-strict".format(version)
    name = "-".join([kind.lower()] + ([group.split(".")[0]] if group else []) + [api])
    if not folder.is_dir():
        raise SystemExit("kubernetes-validate knows no Kubernetes {}".format(version))
    file = folder / "{}.json".format(name)
    if not file.is_file():
        return None
    return jsonschema.Draft202012Validator(json.loads(file.read_text()), registry=definitions(folder))


def versions():
    import kubernetes_validate

    return pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


@functools.lru_cache(maxsize=None)
def definitions(folder):
    contents = json.loads((folder / "_definitions.json").read_text())
    resource = referencing.Resource(contents=contents, specification=DIALECT)
    names = ["_definitions.json"] + ([contents["$id"]] if "$id" in contents else [])
    return referencing.Registry().with_resources([(name, resource) for name in names])


def compare(pairs):
    problems = []
    for pair in pairs:
        ours = keyed(yaml.load(text, Loader) for text in pair["ours"])
        theirs = keyed(yaml.load_all(pair["theirs"], Loader))
        for key in sorted(set(ours) | set(theirs)):
            if ours.get(key) != theirs.get(key):
                problems.append("{}: {} differs, or only one side has it".format(pair["name"], "/".join(key)))
    return problems


def keyed(objects):
    named = {}
    for found in objects:
        key = (found["apiVersion"], found["kind"], found["metadata"].get("namespace", ""), found["metadata"]["name"])
        if key in named:
            raise SystemExit("{} is there twice".format("/".join(key)))
        named[key] = found
    return named


Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

if __name__ == "__main__":
    main()
