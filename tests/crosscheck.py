"""The formulas of the handouts once more, in NumPy, float64 and plain array notation; see tests/crosscheck."""
import os
import subprocess
import sys
import tempfile

import numpy as np

BUILD, SHAPES = os.environ["BUILD"], int(os.environ["SHAPES"])
try:
    import torch
except ImportError:
    torch = None
try:
    import sklearn.decomposition as sklearn
except ImportError:
    sklearn = None


def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def attention(a):
    B, H, Tq, Tk, D = (a[n] for n in ("B", "H", "Tq", "Tk", "D"))
    o = np.zeros((B, H, Tq, D))
    j, i = np.arange(Tk)[None, :], np.arange(Tq)[:, None]
    for b in range(B):
        seen = np.broadcast_to(j < a["kvlen"][b], (Tq, Tk))
        if a["causal"]:
            seen = seen & (j <= i + a["kvlen"][b] - Tq)
        some = seen.any(axis=1)
        for h in range(H):
            s = np.where(seen, a["q"][b, h] @ a["k"][b, h].T / np.sqrt(D), -np.inf)[some]
            p = np.exp(s - s.max(axis=1, keepdims=True))
            o[b, h, some] = p / p.sum(axis=1, keepdims=True) @ a["v"][b, h]
    return {"o": o}


def attention_torch(a):
    Tq, Tk = a["Tq"], a["Tk"]
    if (a["causal"] and Tq > Tk) or (a["kvlen"] != Tk).any():
        return None
    mask = torch.ones(Tq, Tk, dtype=torch.bool).tril(Tk - Tq) if a["causal"] else None
    q, k, v = (torch.from_numpy(a[n]) for n in "qkv")
    return {"o": torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).numpy()}


def gradient_descent(a):
    X, y, w, b = a["X"], a["y"], a["w"].copy(), a["b"][0]
    for _ in range(a["steps"]):
        z = X @ w + b
        r = (sigmoid(z) if a["logistic"] else z) - y
        w, b = w - a["lr"] * (X.T @ r) / a["n"], b - a["lr"] * r.mean()
    return {"w": w, "b": np.array([b])}


def lstm_cell(a):
    h, c, y = a["h0"], a["c0"], []
    for x in a["x"]:
        i, f, g, o = np.split(x @ a["Wih"].T + a["bih"] + h @ a["Whh"].T + a["bhh"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        y.append(h)
    return {"y": np.array(y), "hT": h, "cT": c}


def lstm_cell_torch(a):
    net = torch.nn.LSTM(a["nx"], a["nh"], dtype=torch.float64)
    for name, value in (("weight_ih_l0", "Wih"), ("weight_hh_l0", "Whh"), ("bias_ih_l0", "bih"), ("bias_hh_l0", "bhh")):
        getattr(net, name).data = torch.from_numpy(a[value])
    with torch.no_grad():
        y, (h, c) = net(torch.from_numpy(a["x"]), (torch.from_numpy(a["h0"])[None], torch.from_numpy(a["c0"])[None]))
    return {"y": y.numpy(), "hT": h[0].numpy(), "cT": c[0].numpy()}


def pca(a):
    mean = a["X"].mean(axis=0)
    centred = a["X"] - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / (a["n"] - 1))
    comp = vectors[:, ::-1][:, : a["k"]].T
    return {"mean": mean, "comp": comp, "var": values[::-1][: a["k"]], "proj": centred @ comp.T}


def pca_sklearn(a):
    if a["k"] > min(a["n"], a["d"]):
        return None
    fit = sklearn.PCA(a["k"], svd_solver="full").fit(a["X"])
    return {"mean": fit.mean_, "var": fit.explained_variance_}


def quantized_matmul(a):
    A, W = a["A"].astype(np.int64) - int(a["a_zero"]), a["W"].astype(np.int64) - a["w_zero"].astype(np.int64)[:, None]
    acc = A @ W.T + a["bias"].astype(np.int64)
    y = acc.astype(np.longdouble) * a["a_scale"].astype(np.longdouble)[:, None] * a["w_scale"] / np.longdouble(a["c_scale"])
    return {"acc": acc, "C": np.clip(np.rint(y) + int(a["c_zero"]), -128, 127).astype(np.int64)}


# what numbers may differ by, relative to the largest of the tensor; 0: the same integers
WHO = (("attention", attention, 1e-13), ("gradient_descent", gradient_descent, 1e-12), ("lstm_cell", lstm_cell, 1e-12),
       ("pca", pca, 1e-12), ("quantized_matmul", quantized_matmul, 0))
OTHERS = ((torch, "attention", attention_torch, "torch"), (torch, "lstm_cell", lstm_cell_torch, "torch"),
          (sklearn, "pca", pca_sklearn, "sklearn"))


def bridge(*words):
    return subprocess.run([BUILD + "/tests/bridge", *map(str, words)], stdout=subprocess.PIPE, check=True).stdout


def load(name, number):
    """Inputs (floats as float64), expected values, bounds, and the text of the shape."""
    raw, at, inputs, expected, bounds, words = bridge("dump", name, number), 0, {}, {}, {}, []
    while True:
        end = raw.index(b"\n", at)
        kind, *rest = raw[at:end].decode().split()
        at = end + 1
        if kind == "end":
            return inputs, expected, bounds, " ".join(words)
        key, element, *lengths = rest
        if kind in ("size", "scalar"):
            inputs[key] = int(lengths[0]) if kind == "size" else float(lengths[0])
            words += [f"{key}={lengths[0]}"] if kind == "size" else []
            continue
        shape = tuple(map(int, lengths))
        size = int(np.prod(shape)) * np.dtype(element).itemsize
        tensor = np.frombuffer(raw[at : at + size], element).reshape(shape)
        at += size
        if kind == "tensor":
            inputs[key] = tensor.astype("f8") if element == "f4" else tensor
        else:
            (expected if kind == "expected" else bounds)[key] = tensor


def differences(answer, expected, worst):
    for key, value in answer.items():
        if key not in expected or key == "proj":  # proj is held against the components that were given
            continue
        value, scale = np.ravel(value).astype("f8"), max(np.abs(expected[key]).max(), 1e-300)
        worst[key] = max(worst.get(key, 0), np.abs(value - expected[key]).max() / scale)


def judged(name, number, answer, inputs):
    """The oracle's own verdict on NumPy's answer, rounded to what the contract asks for."""
    kinds = {"acc": "i4", "C": "i1"}
    with tempfile.NamedTemporaryFile() as file:
        for key, value in answer.items():
            file.write(np.ascontiguousarray(value).astype(kinds.get(key, "f4")).tobytes())
        file.flush()
        word, ratio = bridge("judge", name, number, file.name).split()
    return word == b"right", float(ratio)


def check(name, formula, limit):
    worst, ratio, shapes, good = {}, 0, [], True
    others = {title: {} for library, who, _, title in OTHERS if library and who == name}
    for number in range(SHAPES):
        inputs, expected, _, words = load(name, number)
        answer = formula(inputs)
        differences(answer, expected, worst)
        right, one = judged(name, number, answer, inputs)
        good, ratio = good and right, max(ratio, one)
        shapes.append(words)
        for library, who, other, title in OTHERS:
            again = other(inputs) if library and who == name else None
            if again:
                differences(again, expected, others[title])
    good = good and worst and max(worst.values()) <= limit
    told = "  ".join(f"{key} {value:.1e}" for key, value in worst.items())
    print(f"{name:18} numpy    {told}   its answer: {ratio:.2f} of the bound  {'ok' if good else 'BAD, limit %g' % limit}")
    for title, found in others.items():
        print(f"{'':18} {title:8} " + "  ".join(f"{key} {value:.1e}" for key, value in found.items()))
    if os.environ.get("VERBOSE"):
        print("".join(f"    {words}\n" for words in shapes), end="")
    return good


print(f"largest difference relative to the largest element, over {SHAPES} random shapes; NumPy {np.__version__}"
      f"{', PyTorch ' + torch.__version__ if torch else ''}{', scikit-learn' if sklearn else ''}")
sys.exit(0 if all([check(*who) for who in WHO]) else 1)
