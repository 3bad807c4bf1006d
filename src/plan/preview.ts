/** What a deploy would find on a host beyond its facts, seen without changing it. */
export interface Preview {
  readonly images: readonly ImagePreview[];
  /** What the host's generator said of the units, which it accepts all the same. */
  readonly complaints: readonly string[];
  /** What systemd says of the units, as `systemd-analyze verify` prints it. */
  readonly verified: readonly string[];
}

export interface ImagePreview {
  readonly service: string;
  /** The reference, with the host's `.env` put in. */
  readonly image: string;
  /** The ID of the image that the service's container runs. */
  readonly runs?: string;
  /** What the reference stands for on the host. */
  readonly here?: { readonly id: string; readonly digest: string };
  /** What it stands for at the registry: an image's ID or, of a list, this host's digest. */
  readonly there?: { readonly kind: "id" | "digest"; readonly value: string };
  /** Why the registry did not say. */
  readonly trouble?: string;
  /** Whether the container would run another image than it does. */
  readonly moves: boolean;
}

/** Services whose image is another one under the same name. */
export function movedServices(preview: Preview): ReadonlySet<string> {
  return new Set(preview.images.filter(({ moves }) => moves).map(({ service }) => service));
}

/** What a deploy would meet that the units do not say: images that cannot be had, complaints. */
export function warningsOf({ images, complaints }: Preview): readonly string[] {
  const troubles = images.flatMap(({ image, trouble }) =>
    trouble === undefined ? [] : [`${image}: the registry does not say what it is (${trouble})`],
  );
  return [...new Set([...troubles, ...complaints])];
}
