import { DeployError, throwAll } from "../errors.js";
import type { Service } from "../quadlet/services.js";
import { variablesIn } from "../quadlet/unit-file.js";

/** An image to pull before its service starts; `${…}` that remain are keys of the host's `.env`. */
export interface ImagePlan {
  readonly service: string;
  readonly image: string;
}

/**
 * The images that the services need. systemd expands `${…}` from `[Service]` environment, so
 * every name must be set by the unit, by the release or, already, by the host.
 *
 * @param keys of the `.env` that the release will have
 *
 * @throws {DeployError | DeployErrors} phase `plan`, for names that nobody sets
 */
export function planImages(
  services: readonly Service[],
  keys: ReadonlySet<string>,
  host: string,
): readonly ImagePlan[] {
  const errors: DeployError[] = [];
  const images = services.flatMap((service): ImagePlan[] => {
    if (service.image === undefined) return [];
    const image = service.image.replace(/\$\{(\w+)\}/g, (text, name: string) =>
      keys.has(name) ? text : (service.environment[name] ?? text),
    );
    const unset = variablesIn(image).filter((name) => !keys.has(name));
    // A specifier (%i) or a variable of another env file is known to systemd alone.
    const elsewhere = service.serviceEnvFiles.some((path) => !path.endsWith("/.env"));
    if (/(?<!%)%[^%]/.test(image) || (unset.length > 0 && elsewhere)) return [];
    if (unset.length > 0) errors.push(unsetError(host, service, unset));
    return [{ service: service.name, image }];
  });
  throwAll(errors);
  return images;
}

/** Inputs that set the guide's variables. */
const inputs: Readonly<Record<string, string>> = {
  GITEA_REGISTRY: "registry",
  IMAGE_NAME: "image-name",
  IMAGE_TAG: "image-tag",
};

function unsetError(host: string, service: Service, unset: readonly string[]): DeployError {
  const named = unset.map((name) => inputs[name]).filter((input) => input !== undefined);
  const remedy =
    named.length === unset.length
      ? `Set ${named.map((input) => `\`${input}\``).join(" and ")}.`
      : `Add ${unset.map((name) => `${name}=…`).join(" and ")} to \`env\`.`;
  return new DeployError({
    host,
    phase: "plan",
    object: service.source,
    location: { file: service.source },
    cause: `Image= needs ${unset.join(" and ")}, which neither the inputs nor the host's .env set`,
    remedy,
  });
}
