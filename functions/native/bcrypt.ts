/** A package whose add-on lies in its own `prebuilds`. */
import bcrypt from "bcrypt";

export default {
  async fetch(request: Request): Promise<Response> {
    const password = new URL(request.url).pathname;
    const hash = await bcrypt.hash(password, 4);
    return Response.json({ right: await bcrypt.compare(password, hash), wrong: await bcrypt.compare("other", hash) });
  },
};
