import { sectionOf } from "../kinds.js";
import { lastValue, type UnitFile, valuesOf } from "../unit-file.js";
import type { Checked, Found, Rule } from "./finding.js";
import { unitOf } from "./names.js";

/** A unit with its drop-ins, as Quadlet takes them together. */
function* units({ files, services }: Checked) {
  for (const service of services) {
    const parts = files.filter((file) => service.files.includes(`${file.place}/${file.path}`));
    const unit: UnitFile = { entries: parts.flatMap((file) => file.unit.entries) };
    const value = (key: string) => lastValue(unit, sectionOf(service.kind), key);
    yield { service, file: unitOf(files, service), unit, value };
  }
}

const groupWithoutUser: Rule = {
  id: "group-without-user",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, value }): Found[] =>
      service.kind === "container" && value("Group") && !value("User")
        ? [
            {
              file,
              message: "Group= counts together with User= alone",
              remedy: "Add User=, or take Group= away.",
            },
          ]
        : [],
    ),
};

const buildContext: Rule = {
  id: "build-context",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, unit, value }): Found[] => {
      if (service.kind !== "build") return [];
      const refuse = (message: string, remedy: string) => [{ file, message, remedy }];
      if (valuesOf(unit, "Build", "ImageTag").length === 0) {
        return refuse(
          "[Build] has no ImageTag=",
          "Name the image that it makes, as localhost/NAME:TAG.",
        );
      }
      const directory = value("SetWorkingDirectory");
      const containerfile = value("File");
      if (containerfile === undefined && directory === undefined) {
        return refuse(
          "[Build] has no File= and no SetWorkingDirectory=",
          "Podman needs to know what to build.",
        );
      }
      const relative = containerfile !== undefined && !/^([/%]|https?:)/.test(containerfile);
      return relative && directory === undefined
        ? refuse(
            "File= is relative, and nothing says to what",
            "Add SetWorkingDirectory=unit, or write the whole path.",
          )
        : [];
    }),
};

export const combinationRules: readonly Rule[] = [groupWithoutUser, buildContext];
