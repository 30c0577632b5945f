/* Versions of ONNX's operator set that models are made for. */
#ifndef NN_OPSET_H
#define NN_OPSET_H

#define OPSET_MIN 13
#define OPSET_MAX 28

#endif
