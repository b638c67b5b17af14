/** INVALID_BUNDLE: bundles well, but throws when it is loaded. */
const settings = JSON.parse(process.env["SETTINGS"] ?? "no settings") as { greeting: string };

export default () => new Response(settings.greeting);
