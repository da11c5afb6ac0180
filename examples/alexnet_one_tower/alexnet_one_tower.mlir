// AlexNet on one GPU (Krizhevsky, arXiv:1404.5997), as in torchvision: no groups, no LRN. 61,100,840 parameters.
cnn.block @conv(%x) params(filters, kernel, stride = 1, pad = 0) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) stride(stride) pad(pad)
  %bias = cnn.bias %conv
  %relu = cnn.relu %bias
  cnn.yield %relu
}
cnn.block @dense(%x) params(units) {
  %dropout = cnn.dropout %x rate(0.5)
  %dense = cnn.dense %dropout units(units) init(he_normal)
  %bias = cnn.bias %dense
  %relu = cnn.relu %bias
  cnn.yield %relu
}
cnn.model @alexnet_one_tower {
  %image = cnn.input "image" as tensor<?x224x224x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %conv1 = cnn.use @conv(%0) with(filters = 64, kernel = 11, stride = 4, pad = 2)
  %pool1 = cnn.max_pool2d %conv1 kernel(3) stride(2)
  %conv2 = cnn.use @conv(%pool1) with(filters = 192, kernel = 5, pad = 2)
  %pool2 = cnn.max_pool2d %conv2 kernel(3) stride(2)
  %conv3 = cnn.use @conv(%pool2) with(filters = 384, kernel = 3, pad = 1)
  %conv4 = cnn.use @conv(%conv3) with(filters = 256, kernel = 3, pad = 1)
  %conv5 = cnn.use @conv(%conv4) with(filters = 256, kernel = 3, pad = 1)
  %pool5 = cnn.max_pool2d %conv5 kernel(3) stride(2)
  %flat = cnn.flatten %pool5
  %fc = cnn.use @dense(%flat) with(units = 4096) repeat(2)
  %fc8 = cnn.dense %fc units(1000)
  %logits = cnn.bias %fc8
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}
cnn.recipe @alexnet_one_tower batch(128) epochs(90) schedule(step, milestones = [30, 60, 80])
  optimizer(sgd, learning_rate = 0.01, momentum = 0.9, weight_decay = 1e-4) augment(resized_crop = true, flip = true)
