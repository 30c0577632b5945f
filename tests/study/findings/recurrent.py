"""Recurrent operators: LSTM, and RNN backwards. Weights are such that a hand can follow them."""
import numpy as np

from study.findings import f32, finding, single

ONNX, OPENVINO, TRACT = "1.23.2", "2026.4.1", "0.23.9"
BOTH = ("onnxruntime-none", "openvino")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cube(x):
    return np.array(x, np.float32).reshape(1, 1, 1)


def lstm(h, inputs=(), scale=1.0, **attributes):
    """One feature, 1, and one cell: the gates i, o, f and the cell's input c get 0.1, 0.2, 0.3 and 0.4, times scale. The last state is h."""
    w = np.array([[[0.1], [0.2], [0.3], [0.4]]], np.float32) * np.float32(scale)
    return single("LSTM", {"x": cube(1)}, {"w": w, "r": np.zeros((1, 4, 1), np.float32), **dict(inputs)},
                  [cube(h)], inputs=["x", "w", "r", *(["", "", "h", "c", "p"] if inputs else [])], outputs=["", "y"], hidden_size=1, **attributes)


@finding("reference", ONNX, "value mismatch", BOTH)
@finding("tract", TRACT, "value mismatch", BOTH)
def lstm_with_activations():
    """All three activations are Tanh: the state is tanh(0.2) * tanh(tanh(0.1) * tanh(0.4)). Computed is what the default activations give."""
    return lstm(np.tanh(0.2) * np.tanh(np.tanh(0.1) * np.tanh(0.4)), activations=["Tanh", "Tanh", "Tanh"])


@finding("reference", ONNX, "value mismatch", BOTH)
@finding("tract", TRACT, "value mismatch", BOTH)
def lstm_that_clips():
    """clip=1 bounds what goes into the activations: here 2, 4, 6 and 8, all of them become 1. The bound is left out."""
    return lstm(sigmoid(1) * np.tanh(sigmoid(1) * np.tanh(1)), scale=20, clip=1.0)


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference", "tract"))
def lstm_with_peepholes():
    """The input P, of weights for i, o and f, adds the state of the cell to the gates: 0.5 before, and what it becomes to the gate o. OpenVINO leaves them out."""
    c = sigmoid(0.3 + 3 * 0.5) * 0.5 + sigmoid(0.1 + 0.5) * np.tanh(0.4)
    return lstm(sigmoid(0.2 + 2 * c) * np.tanh(c), {"h": cube(0), "c": cube(0.5), "p": f32([1, 2, 3])})


@finding("reference", ONNX, "value mismatch", BOTH)
def lstm_of_sequences_of_given_lengths():
    """sequence_lens ends each sequence: of length 1, the last state is that after the first step. The evaluator runs through all steps."""
    w = np.array([[[0.1], [0.2], [0.3], [0.4]]], np.float32)
    h = sigmoid(0.2) * np.tanh(sigmoid(0.1) * np.tanh(0.4))
    return single("LSTM", {"x": f32(1, 2).reshape(2, 1, 1)}, {"w": w, "r": np.zeros((1, 4, 1), np.float32), "n": np.array([1], np.int32)}, [cube(h)],
                  inputs=["x", "w", "r", "", "n"], outputs=["", "y"], hidden_size=1)


@finding("tract", TRACT, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def rnn_backwards():
    """direction=reverse takes 2, then 1: tanh(1/2 + tanh(1)). tract runs forwards. LSTM has the same defect."""
    return single("RNN", {"x": f32(1, 2).reshape(2, 1, 1)}, {"w": cube(0.5), "r": cube(1)}, [cube(np.tanh(0.5 + np.tanh(1)))],
                  inputs=["x", "w", "r"], outputs=["", "y"], hidden_size=1, direction="reverse")
