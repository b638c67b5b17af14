/** A package whose add-on, and the shared libraries that it needs, lie in packages for this kind of machine alone. */
import sharp from "sharp";

export const config = { memoryMb: 256 };

export default {
  async fetch(): Promise<Response> {
    const red = sharp({ create: { width: 64, height: 32, channels: 3, background: "red" } });
    const { data, info } = await red.resize(16).png().toBuffer({ resolveWithObject: true });
    return Response.json({ format: info.format, width: info.width, height: info.height, bytes: data.length });
  },
};
