/** The package is not installed: line 2, column 21. */
import { leftPad } from "no-such-package-of-zygo/left";

export default () => new Response(leftPad("never deployed"));
