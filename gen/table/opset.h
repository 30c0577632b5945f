/* Versions of ONNX's operator set that models are made for. */
#ifndef NN_OPSET_H
#define NN_OPSET_H

#define OPSET_MIN 7
#define OPSET_MAX 28
/* Motifs are written for the operators of this opset and later ones. At an older opset one that does not fit is left out. */
#define OPSET_MOTIFS 13

#endif
