// AlexNet (Krizhevsky et al., NIPS 2012), the original: two groups as on its two GPUs, and LRN, whose
// alpha (1e-4) the paper multiplies with a sum of 5 squares, not their mean. 60,965,224 parameters.
cnn.block @conv(%x) params(filters, kernel, stride = 1, pad = 0, groups = 1) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) stride(stride) pad(pad) groups(groups)
  %bias = cnn.bias %conv   %relu = cnn.relu %bias
  cnn.yield %relu
}
cnn.block @dense(%x) params(units) {
  %dense = cnn.dense %x units(units) init(he_normal)   %bias = cnn.bias %dense
  %relu = cnn.relu %bias   %dropout = cnn.dropout %relu rate(0.5)
  cnn.yield %dropout
}
cnn.model @alexnet {
  %image = cnn.input "image" as tensor<?x227x227x3xui8>   %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %conv1 = cnn.use @conv(%0) with(filters = 96, kernel = 11, stride = 4)
  %norm1 = cnn.lrn %conv1 alpha(5e-4) k(2.0)   %pool1 = cnn.max_pool2d %norm1 kernel(3) stride(2)
  %conv2 = cnn.use @conv(%pool1) with(filters = 256, kernel = 5, pad = 2, groups = 2)
  %norm2 = cnn.lrn %conv2 alpha(5e-4) k(2.0)   %pool2 = cnn.max_pool2d %norm2 kernel(3) stride(2)
  %conv3 = cnn.use @conv(%pool2) with(filters = 384, kernel = 3, pad = 1)
  %conv4 = cnn.use @conv(%conv3) with(filters = 384, kernel = 3, pad = 1, groups = 2)
  %conv5 = cnn.use @conv(%conv4) with(filters = 256, kernel = 3, pad = 1, groups = 2)
  %pool5 = cnn.max_pool2d %conv5 kernel(3) stride(2)   %flat = cnn.flatten %pool5
  %fc = cnn.use @dense(%flat) with(units = 4096) repeat(2)
  %fc8 = cnn.dense %fc units(1000)   %logits = cnn.bias %fc8
  %loss = cnn.softmax_cross_entropy %logits, %label   %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}
cnn.recipe @alexnet batch(128) epochs(90) schedule(step, milestones = [30, 60, 80])
  optimizer(sgd, learning_rate = 0.01, momentum = 0.9, weight_decay = 5e-4) augment(resized_crop = true, flip = true)
