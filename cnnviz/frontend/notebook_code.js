/** The notebook's conv2d as Python text: its own few lines, and no more than the operation at hand asks for. */

/**
 * The lines of the function: [{ text, role }]. The roles are those that the animation visits: "for_i", "for_j" and "sum";
 * all other lines have none. op is as stage.js describes it; `paddingMode` as torch names it.
 */
export function loopCode(op) {
  const { rows, cols, relu, paddingMode = "zeros" } = op;
  const colour = op.input.shape[0] > 1;
  const biased = op.bias !== 0;
  const [C, all] = colour ? ["C, ", ":, "] : ["", ""];
  const spans = [spanName(rows, "M", "P"), spanName(cols, "N", "Q")];
  const sizes = [sizeText("H", spans[0], rows), sizeText("W", spans[1], cols)];
  const window = `image[${all}${sliceText("i", spans[0], rows)}, ${sliceText("j", spans[1], cols)}]`;
  const sum = `torch.sum(${window} * kernel)${biased ? " + bias" : ""}`;
  return [
    line(0, `def conv2d(image, kernel${biased ? ", bias" : ""}):`),
    ...(rows.padding || cols.padding ? [line(1, `image = ${padText(op, colour ? "image" : "image[None]", paddingMode)}${colour ? "" : "[0]"}`)] : []),
    line(1, `${C}H, W = list(image.size())`),
    line(1, `${C}M, N = list(kernel.size())`),
    ...(rows.dilation > 1 || cols.dilation > 1
      ? [line(1, `P, Q = ${extentText("M", rows)}, ${extentText("N", cols)}  # what the window spans`)]
      : []),
    line(0, ""),
    line(1, `out = torch.zeros(${sizes.join(", ")}, dtype=torch.float32)  # output dimensions`),
    line(1, `for i in range(${sizes[0]}):`, "for_i"),
    line(2, `for j in range(${sizes[1]}):`, "for_j"),
    line(3, `out[i, j] = ${relu ? `torch.relu(${sum})` : sum}  # convolution`, "sum"),
    line(1, "return out"),
  ];
}

/** The window at a position as the loop writes it, with numbers: "image[2:5, 3:6]". The image is the padded one. */
export function windowText(op, [row, col]) {
  const axis = (at, { kernel, stride, dilation }) => {
    const start = at * stride;
    return `${start}:${start + dilation * (kernel - 1) + 1}${dilation > 1 ? `:${dilation}` : ""}`;
  };
  return `image[${op.input.shape[0] > 1 ? ":, " : ""}${axis(row, op.rows)}, ${axis(col, op.cols)}]`;
}

/** F.pad of torch, of a tensor with an axis before rows and columns. */
export function padText({ rows, cols }, image, mode) {
  const amounts = [cols.padding, cols.padding, rows.padding, rows.padding]; // torch counts the axes from the last one back
  return `F.pad(${image}, (${amounts.join(", ")})${mode === "zeros" ? "" : `, mode="${mode}"`})`;
}

function line(depth, text, role = "") {
  return { text: "    ".repeat(depth) + text, role };
}

function spanName({ dilation }, plain, dilated) {
  return dilation > 1 ? dilated : plain;
}

function extentText(size, { dilation }) {
  return dilation > 1 ? `${dilation}*(${size}-1)+1` : size;
}

function sizeText(size, span, { stride }) {
  return stride > 1 ? `(${size}-${span})//${stride}+1` : `${size}-${span}+1`;
}

function sliceText(index, span, { stride, dilation }) {
  const start = stride > 1 ? `${stride}*${index}` : index;
  return `${start}:${start}+${span}${dilation > 1 ? `:${dilation}` : ""}`;
}
